import { describe, expect, test } from 'vitest';
import { checkFile } from '../../src/turns/file-check.ts';
import { gif, jpeg, mp4, ogg, pdf, png, pngThatClaims, webp } from '../support/files.ts';

const text = (content: string) => Buffer.from(content);

describe('what is to be looked at', () => {
  test.each([
    ['PNG', png(3, 2), '3 × 2', '.png'],
    ['JPEG', jpeg(), '1 × 1', '.jpg'],
    ['GIF', gif(), '1 × 1', '.gif'],
    ['WebP', webp(), '1 × 1', '.webp'],
  ])('is a %s, with its size', async (format, content, size, extension) => {
    const expected = { kind: 'fit', what: `picture, ${format}, ${size}`, isText: false, extension };
    expect(await checkFile('image', content)).toMatchObject(expected);
    // What came as a file of any kind is no less of a picture.
    expect(await checkFile('file', content)).toMatchObject(expected);
  });

  test.each([
    ['a text', text('I am a picture')],
    ['a PDF', pdf('x')],
    ['a film', mp4()],
    ['a drawing', text('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['the beginning of a PNG', png(1, 1).subarray(0, 8)],
  ])('is not %s', async (_, content) => {
    expect(await checkFile('image', content)).toEqual({
      kind: 'unfit',
      reason: 'is no picture that can be looked at (JPEG, PNG, GIF or WebP)',
    });
  });

  test('has pixels that can be counted, and not too many of them', async () => {
    expect(await checkFile('image', pngThatClaims(60_000, 60_000))).toEqual({
      kind: 'unfit',
      reason: 'is too large a picture: 60000 × 60000 pixels, and 50 million are the most',
    });
    expect(await checkFile('file', pngThatClaims(50_001, 1000))).toMatchObject({ kind: 'unfit' });
    expect(await checkFile('image', pngThatClaims(50_000, 1000))).toMatchObject({ kind: 'fit' });
    expect(await checkFile('image', pngThatClaims(0, 1000))).toEqual({
      kind: 'unfit',
      reason: 'is a broken picture',
    });
    expect(await checkFile('image', jpeg().subarray(0, 40))).toMatchObject({ kind: 'unfit' });
  });
});

describe('what is to be listened to', () => {
  test.each([
    ['an Ogg with Opus', ogg(), '.opus'],
    ['a film', mp4(), '.mp4'],
  ])('is %s', async (_, content, extension) => {
    expect(await checkFile('speech', content)).toMatchObject({ kind: 'fit', extension });
  });

  test.each([
    ['a text', text('la la la')],
    ['a picture', png(1, 1)],
  ])('is not %s', async (_, content) => {
    expect(await checkFile('speech', content)).toEqual({
      kind: 'unfit',
      reason: 'is no recording that can be listened to',
    });
  });
});

describe('a file of any kind', () => {
  test.each([
    ['plain words', text('hello')],
    ['letters of many scripts', text('Grüße, 世界 🙈')],
    ['a long text that is cut inside a letter', text(`x${'字'.repeat(5000)}`)],
    ['a byte order mark', text('\ufeffname,year')],
    ['XML', text('<?xml version="1.0"?><a/>')],
    ['a calendar', text('BEGIN:VCALENDAR\nVERSION:2.0\n')],
    ['subtitles', text('WEBVTT\n\n00:00')],
  ])('is text where it is %s', async (_, content) => {
    expect(await checkFile('file', content)).toMatchObject({
      kind: 'fit',
      what: 'text',
      isText: true,
    });
  });

  test.each([
    ['PDF', pdf('words')],
    ['MP4', mp4()],
    ['OPUS', ogg()],
    ['file', Buffer.from([1, 0, 2])],
    ['file', Buffer.from('Grüße', 'latin1')],
  ])('is no text where it is not: %s', async (what, content) => {
    expect(await checkFile('file', content)).toMatchObject({ kind: 'fit', what, isText: false });
  });

  test.each(['image', 'speech', 'file'] as const)(
    'is nothing where it is empty: %s',
    async (kind) => {
      expect(await checkFile(kind, Buffer.alloc(0))).toEqual({ kind: 'unfit', reason: 'is empty' });
    },
  );
});
