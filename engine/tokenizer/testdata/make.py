#!/usr/bin/env python3
"""Makes bytelevel.json and sentencepiece.json: small vocabularies trained on the
text below, and what the reference libraries make of cases.

    pip install tokenizers==0.23.3 sentencepiece==0.2.3 protobuf==7.36.2
    python3 make.py
"""
import io, json, os
import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2 as pb
from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers, trainers

HERE = os.path.dirname(os.path.abspath(__file__))

TEXT = """
The theatre stood at the end of a narrow street, and nobody who passed it in the
daytime would have taken it for one. There were no posters, no lamps, no name over
the door; only a brass plate with the words KNOCK TWICE, and under it, in smaller
letters, DON'T KNOCK THREE TIMES. She knocked twice. "You're late," said the voice
behind the door. "I'm not, it's 7:45 and they've not begun; we'll be in time." He'd
heard 1,234 excuses since 1998 and 12345 before that, so he laughed.
for (int i = 0; i < 100; i++) {
    total += values[i];   // sum of the values
\tif (total > 4096) { return -1; }
}
Das Theater stand am Ende der Straße; das Stück heißt „Die Maske“, und der Maskenbildner wartet.
Le théâtre était au bout de la rue, où l'on répétait déjà l'été précédent. Ça c'est vrai!
El teatro está al final de la calle: ¿quién llama? ¡Nadie! Mañana será otro día.
Театр стоял в конце узкой улицы, и никто не знал, что там театр.
Το θέατρο ήταν στο τέλος του δρόμου. 劇場は通りの端にあった。 剧院在街道的尽头。
""" * 4

CASES = [
    "", " ", "  ", "   ", "a", "The theatre", " the theatre ", "THE THEATRE", "Hello, world!",
    "don't DON'T we'll WE'LL You've 'tis 'S 'sword ''s", "rock'n'roll o'clock l'été",
    "7", "42", "123", "1234", "12345", "3.14159", "1,234,567 at 7:45", "x1y22z333", "½ ²³ Ⅷ ٣٤٥",
    "a\nb", "a\n\nb", "\n", "\n\n\n", " \n ", "a \n b", "a\r\nb\r\n", "end.\n\n  next", "!!!\n\n?", "a  b   c    d",
    "\ttab\t\ttab", "x\n    y\n\tz", "trailing  ", "trailing\n", "no\u00a0break\u2003space\u3000wide",
    "for (int i = 0; i < 10; i++) { total += values[i]; }", "a_b-c.d/e\\f", "$%&/()=?", "...", "…—–„Maske“",
    "Die Straße heißt Maskenstraße.", "théâtre", "the\u0301a\u0302tre", "¿quién?", "Театр в конце", "θέατρο",
    "劇場は通りの端にあった。", "剧院在街道的尽头", "한국어", "שלום", "हिन्दी", "ไทย", "😀", "👍🏽🏳️‍🌈 ok 😀😀",
    "a\u0000b", "\u0001\u007f\u0080\u00ff", "\ufeffBOM", "\ufffd", "𝔘𝔫𝔦", "é" * 5, "a" * 40, " " * 40, "ab" * 20, "\n" * 20,
    "the the the theatre theatres", "unbelievablylongwordthatnobodysaw", "mask", " mask", "masks", " masks", "two masks",
    "<|end|>", "a<|end|>b", "<|end|> b", "a <|end|>", "<|end|><|end|>", "<|en<|end|>d|>", "<tag>x</tag> <tag>",
]


def byte_level():
    text_iter = [TEXT]
    gpt2 = lambda: pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    plain = lambda: pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    # The expressions as llama.cpp has them (src/llama-vocab.cpp).
    tail = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    head = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+"
    split = lambda digits: pre_tokenizers.Split(Regex(head + "|" + digits + tail), "isolated")
    pres = {
        "gpt-2": gpt2(),
        "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), gpt2()]),
        "llama-bpe": pre_tokenizers.Sequence([split(r"\p{N}{1,3}"), plain()]),
        "qwen2": pre_tokenizers.Sequence([split(r"\p{N}"), plain()]),
    }
    out = []
    for name, pre in pres.items():
        t = Tokenizer(models.BPE())
        t.pre_tokenizer = pre
        t.train_from_iterator(text_iter, trainers.BpeTrainer(
            vocab_size=480, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
        model = json.loads(t.to_str())["model"]
        vocab, merges = model["vocab"], [tuple(m) for m in model["merges"]]
        if name == "llama-bpe":
            # A word which is a token that no merges lead to.
            vocab["Ġmasks"] = len(vocab)
        t = Tokenizer(models.BPE(vocab=vocab, merges=merges, ignore_merges=name == "llama-bpe"))
        t.pre_tokenizer = pre
        t.add_special_tokens(["<|end|>"])
        t.add_tokens([AddedToken("<tag>", normalized=False)])
        size = t.get_vocab_size()
        tokens = [None] * size
        for piece, i in t.get_vocab().items():
            tokens[i] = piece
        types = [1] * size
        types[t.token_to_id("<|end|>")] = 3
        types[t.token_to_id("<tag>")] = 4
        cases = [{"text": c, "ids": t.encode(c, add_special_tokens=False).ids} for c in CASES]
        out.append({"pre": name, "tokens": tokens, "types": types,
                    "merges": [a + " " + b for a, b in merges], "cases": cases})
    return {"source": "tokenizers 0.23.3; special tokens parsed", "vocabularies": out}


def sentence_piece():
    out = []
    for prefix, fallback in [(True, True), (False, True), (True, False)]:
        model = io.BytesIO()
        spm.SentencePieceTrainer.train(
            sentence_iterator=iter(TEXT.split("\n")), model_writer=model, model_type="bpe",
            vocab_size=600 if fallback else 340, byte_fallback=fallback, add_dummy_prefix=prefix, remove_extra_whitespaces=False,
            normalization_rule_name="identity", split_digits=True, allow_whitespace_only_pieces=True,
            user_defined_symbols=["<tag>", "\u2581\u2581", "\u2581\u2581\u2581\u2581"] if not prefix else [], character_coverage=0.98,
            hard_vocab_limit=True, minloglevel=2)
        proto = pb.ModelProto()
        proto.ParseFromString(model.getvalue())
        sp = spm.SentencePieceProcessor(model_proto=model.getvalue())
        # A control token is never parsed from text, and a ▁ is (see the package): no
        # such cases.
        cases = [c for c in CASES if "<|end|>" not in c and "\u2581" not in c]
        out.append({
            "addSpacePrefix": prefix,
            "tokens": [p.piece for p in proto.pieces], "types": [p.type for p in proto.pieces],
            "scores": [p.score for p in proto.pieces],
            "bos": sp.bos_id(), "eos": sp.eos_id(), "unk": sp.unk_id(),
            "cases": [{"text": c, "ids": sp.encode(c)} for c in cases],
        })
    return {"source": "sentencepiece 0.2.3, model type bpe, normalisation identity; plain text", "vocabularies": out}


for name, made in [("bytelevel", byte_level()), ("sentencepiece", sentence_piece())]:
    with open(os.path.join(HERE, name + ".json"), "w", encoding="utf-8") as f:
        json.dump(made, f, ensure_ascii=True, separators=(",", ":"))
        f.write("\n")
