/** What a measured setting means, for people: what its figures carry and no more. */
import { few, unsure, UNSURE } from './evidence';
import { inHundred, share } from './numbers';
import { nullSentence, type NullDistribution } from './plots/null';
import { alike, costOf, ratioText, WHOLE, type StudyRecord } from './study';

/** The draws of controls with the same settings, among records that may be compared. */
export function nullOf(records: readonly StudyRecord[], own: StudyRecord): NullDistribution {
  const draws = (kind: StudyRecord['kind']): number[] =>
    records.filter((r) => r.kind === kind && alike(r, own)).map((r) => r.auc.value);
  return { own: own.auc, recipe: own.recipe, shuffled: draws('shuffled'), random: draws('random') };
}

/** `label` is what people call statements of the plus pole; empty where that is not known. */
export function meaning(own: StudyRecord, label: string): string {
  const { value, low, high } = own.auc;
  const statements = label ? `statements that people label ${label}` : 'statements of the plus pole';
  const order = inHundred(value);
  const widthless = unsure(own.auc, own.n_statements);
  const interval =
    low === null || high === null || widthless
      ? ''
      : `, with a 95 % interval from ${inHundred(low)} to ${inHundred(high)}`;
  const caveat = few(own.n_statements) ? ` (${UNSURE})` : '';
  const pairs = `of 100 pairs of one such statement and an opposite one, ${order} come out in the right order, where chance gives 50${interval}${caveat}`;
  const above = (low ?? value) > 0.5;
  if (above && own.p <= 0.05)
    return `With these settings the plus mask makes ${statements} more likely than the minus mask does: ${pairs}. ${price(own)}`;
  if ((high ?? value) < 0.5 && !widthless)
    return `With these settings the masks work the wrong way round: ${pairs}. ${price(own)}`;
  const reason = above
    ? ` Such an order comes by chance too often to show it (p = ${share(own.p, 3)}, above .05).`
    : '';
  return `With these settings the masks were not shown to make ${statements} more likely: ${pairs}.${reason} ${price(own)}`;
}

function price(own: StudyRecord): string {
  const cost = costOf(own);
  const figures = `×${ratioText(own.ppl_ratio.plus)} and ×${ratioText(own.ppl_ratio.minus)}`;
  if (cost <= WHOLE) return `Neutral text stays about as likely as before (perplexity ${figures}).`;
  const whose = Math.min(own.ppl_ratio.plus, own.ppl_ratio.minus) <= WHOLE ? ' with one of the masks' : '';
  if (cost <= 1.3)
    return `It costs something: neutral text becomes less likely${whose} (perplexity ${figures}).`;
  if (cost <= 4) return `It costs much: the model writes noticeably worse${whose} (perplexity ${figures}).`;
  return `It breaks the model: neutral text becomes very unlikely${whose} (perplexity ${figures}).`;
}

/** Meaning and null distribution together, and what to keep in mind of choosing among many. */
export function verdict(own: StudyRecord, data: NullDistribution, label: string, tried: number): string[] {
  const sentences = [meaning(own, label), nullSentence(data)];
  if (own.on === 'development' && tried >= 5)
    sentences.push(
      `${tried} settings were tried here: the best of so many looks better than it is. Check it once on the test part.`,
    );
  return sentences;
}
