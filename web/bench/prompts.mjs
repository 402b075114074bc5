// Prompts of a given length in tokens, out of one passage. The first words differ from prompt to prompt, so that an
// engine cannot use again what it has read.

const passage = `
The harbour lies on the north side of the island, where a low wall of grey stone keeps the winter storms away from
the boats. In the morning the fishermen come down the steep lane with their baskets and look at the sky before they
say a word to each other. An old woman sells bread and hot tea from a wooden hut beside the slipway, and everybody
who passes stops for a moment to hear what she has heard. She knows which boat came home late, who has mended a net
and who has left it torn, and whose daughter has written a letter from the city. When the tide turns the boats leave
one after another, the small ones first, and the gulls follow them out past the lighthouse. Then the quay is quiet.
A boy paints the side of a blue dinghy, a dog sleeps on a heap of rope, and the water slaps against the steps. Around
noon the ferry arrives with the mail, a few visitors and crates of vegetables that do not grow in the thin soil here.
The visitors ask for the path to the old mill, and the boy points with his brush. The path climbs between walls of
loose stones, through fields where sheep stand with their backs to the wind, until the whole bay lies below like a
bowl of hammered tin. From the mill you can see seven other islands, though the people say that on a clear day there
are nine. Nobody has lived there since the miller went away, but the wheel still turns when the stream is full, and
children dare each other to spend a night under its roof. In the evening the lamps are lit in the houses along the
shore. Someone plays the fiddle behind an open window, someone else calls the hens in, and the lighthouse begins to
count its slow beats over the sea. The boats come back in the dusk, heavy in the water, and for an hour there is
shouting and laughter and the thump of crates on stone. Later only the wind is left, and the long breath of the waves.
`
  .trim()
  .split(/\s+/);

const user = 'Please write a very long story about what happens next on the island.';

/**
 * Makes a prompt of about n tokens that begins at the passage's word number first; tokenize counts. Words rarely have
 * more than two tokens, so the length is met within one.
 */
export async function makePrompt(tokenize, n, first) {
  const from = (words) => Array.from({ length: words }, (_, i) => passage[(first + i) % passage.length]);
  const build = async (words) => {
    const system = from(words).join(' ');
    const text = `<|im_start|>system\n${system}<|im_end|>\n<|im_start|>user\n${user}<|im_end|>\n<|im_start|>assistant\n`;
    return { system, user, text, tokens: await tokenize(text) };
  };
  let prompt = await build(1);
  for (let low = 1, high = n; low < high;) {
    const middle = (low + high + 1) >> 1;
    const tried = await build(middle);
    if (tried.tokens.length <= n) [low, prompt] = [middle, tried];
    else high = middle - 1;
  }
  return prompt;
}
