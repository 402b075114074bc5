import { describe, expect, test } from 'vitest';
import * as shape from '../../src/lib/shape';

const event = shape.union({
  opened: { id: shape.count, name: shape.text },
  token: { id: shape.count, kl: shape.nullable(shape.number) },
});

describe('union', () => {
  test('gives the variant that the type names, without members it does not know', () => {
    expect(event({ type: 'opened', id: 3, name: 'm', later: 1 })).toEqual({
      type: 'opened',
      id: 3,
      name: 'm',
    });
    expect(event({ type: 'token', id: 3 })).toEqual({ type: 'token', id: 3, kl: null });
  });

  test.each([
    [{ type: 'opend', id: 1 }, 'value.type: expected one of opened, token, found "opend"'],
    [{ type: 'opened', id: -1, name: '' }, 'value.id: expected a whole number from 0, found -1'],
    [{ type: 'opened', id: 1.5, name: '' }, 'value.id: expected a whole number from 0, found 1.5'],
    [{ type: 'opened', id: 1 }, 'value.name: expected a text, found nothing'],
    [{ type: 'token', id: 1, kl: '2' }, 'value.kl: expected a number, found "2"'],
    [{ type: 'token', id: 1, kl: Number.NaN }, 'value.kl: expected a number, found null'],
    [[], 'value: expected an object, found a list of 0'],
    [null, 'value: expected an object, found null'],
  ])('%j is refused with its place', (value, message) => {
    expect(() => event(value)).toThrow(shape.ShapeError);
    expect(() => event(value)).toThrow(message);
  });

  test('does not take an inherited name for a type', () => {
    expect(() => event({ type: 'toString' })).toThrow('expected one of');
    expect(() => event({ type: '__proto__' })).toThrow('expected one of');
  });
});

test('lists name the item and have a limit', () => {
  expect(() => shape.list(shape.flag)([true, 1])).toThrow('value[1]: expected true or false, found 1');
  expect(() => shape.list(shape.flag, 1)([true, true])).toThrow('at most 1');
});

test('broken JSON is a shape error', () => {
  expect(() => shape.parse('{', shape.text, 'manifest')).toThrow('manifest: expected JSON');
});

test('long values are cut in messages', () => {
  expect(() => shape.number('x'.repeat(10_000))).toThrow(/^value: expected a number, found "x{59}…$/);
});
