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
    const expected = {
      kind: 'fit',
      what: `picture, ${format}, ${size}`,
      form: 'picture',
      extension,
    };
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
      reason: 'could not be opened as a picture. I can look at JPEG, PNG, GIF and WebP',
    });
  });

  test('has pixels that can be counted, and not too many of them', async () => {
    expect(await checkFile('image', pngThatClaims(60_000, 60_000))).toEqual({
      kind: 'unfit',
      reason: 'is too large: 60,000 × 60,000 pixels. I can open up to 50 million',
    });
    expect(await checkFile('file', pngThatClaims(50_001, 1000))).toMatchObject({ kind: 'unfit' });
    expect(await checkFile('image', pngThatClaims(50_000, 1000))).toMatchObject({ kind: 'fit' });
    expect(await checkFile('image', pngThatClaims(0, 1000))).toEqual({
      kind: 'unfit',
      reason: 'is damaged and cannot be opened',
    });
    expect(await checkFile('image', jpeg().subarray(0, 40))).toMatchObject({ kind: 'unfit' });
  });
});

describe('what is to be listened to', () => {
  test.each([
    ['an Ogg with Opus', ogg(), '.opus'],
    ['a film', mp4(), '.mp4'],
  ])('is %s', async (_, content, extension) => {
    expect(await checkFile('speech', content)).toMatchObject({
      kind: 'fit',
      form: 'recording',
      extension,
    });
  });

  test.each([
    ['a text', text('la la la')],
    ['a picture', png(1, 1)],
  ])('is not %s', async (_, content) => {
    expect(await checkFile('speech', content)).toEqual({
      kind: 'unfit',
      reason: 'could not be opened as a recording',
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
      form: 'text',
    });
  });

  test.each([
    ['PDF', pdf('words')],
    ['MP4', mp4()],
    ['OPUS', ogg()],
    ['file', Buffer.from([1, 0, 2])],
    ['file', Buffer.from('Grüße', 'latin1')],
  ])('is no text where it is not: %s', async (what, content) => {
    expect(await checkFile('file', content)).toMatchObject({ kind: 'fit', what, form: 'other' });
  });

  test.each(['image', 'speech', 'file'] as const)(
    'is nothing where it is empty: %s',
    async (kind) => {
      expect(await checkFile(kind, Buffer.alloc(0))).toEqual({ kind: 'unfit', reason: 'is empty' });
    },
  );
});
