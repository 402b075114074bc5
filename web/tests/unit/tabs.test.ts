import { expect, test, vi } from 'vitest';
import { besideOthers } from '../../src/lib/tabs';

test('what another tab has kept is told once, where there is something to lose', async () => {
  const notice = vi.fn();
  let holds = false;
  const asked = vi.fn(() => holds);
  const own = besideOthers('statements', asked, notice);
  const other = besideOthers('statements', () => true, vi.fn());
  const elsewhere = besideOthers('lab', () => true, vi.fn());
  own();
  elsewhere();
  other();
  await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1), { timeout: 4000 });
  expect(notice).not.toHaveBeenCalled();
  holds = true;
  other();
  await vi.waitFor(() => expect(notice).toHaveBeenCalledTimes(1), { timeout: 4000 });
  other();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(notice).toHaveBeenCalledTimes(1);
});
