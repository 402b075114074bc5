/** The list of a model's parts, each with its hash: `model/manifest.json`, written by `masque split`. */
import * as shape from './shape';

/** No part is larger, so that one part fits in memory twice while it is checked. */
const PART_LIMIT = 64 << 20;

const sha256 = shape.matching(/^[0-9a-f]{64}$/, 'a SHA-256 in hexadecimal');
/** A plain file name: a part lies beside its manifest and nowhere else. */
const fileName = shape.matching(/^[\w][\w.+-]*$/, 'a file name');

const part = shape.object({ file: fileName, size: shape.within(1, PART_LIMIT), sha256 });

const members = shape.object({
  version: shape.literal(1),
  name: shape.text,
  file: fileName,
  licence: shape.text,
  size: shape.count,
  sha256,
  /** SHA-256 over the tensor data alone: what personas name a model by. */
  digest: sha256,
  parts: shape.list(part, 10_000),
});

export const manifest: shape.Check<Manifest> = (value, path) => {
  const found = members(value, path);
  const sum = found.parts.reduce((total, p) => total + p.size, 0);
  if (sum !== found.size)
    throw new shape.ShapeError('manifest.size', `the sum of its parts (${sum})`, found.size);
  return found;
};

export type Part = shape.Checked<typeof part>;
export type Manifest = shape.Checked<typeof members>;
