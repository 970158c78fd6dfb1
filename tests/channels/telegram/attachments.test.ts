import { describe, expect, it } from 'vitest';
import { parse } from './recorded.ts';

const NOTHING_TOLD = { name: null, mimeType: null, sizeBytes: null, durationMs: null };
const PHOTO = {
  ...NOTHING_TOLD,
  kind: 'image',
  fileId: 'file-4',
  sizeBytes: 118_733,
  isQuoted: false,
};

describe('a photo', () => {
  it('is taken in its largest size, with its caption as the text', () => {
    expect(parse('photo')).toMatchObject({
      kind: 'message',
      text: 'What is this?',
      attachments: [PHOTO],
      albumId: null,
      command: null,
    });
  });

  it('needs no caption', () => {
    expect(parse('photo-without-caption')).toMatchObject({ text: '', attachments: [PHOTO] });
  });

  it('can carry a command', () => {
    expect(parse('photo-with-command')).toMatchObject({
      text: '/model opus please',
      command: { name: 'model', args: 'opus please' },
      attachments: [PHOTO],
    });
  });

  it('keeps a caption of 1,024 emoji whole', () => {
    expect(parse('photo-emoji-caption')).toMatchObject({ text: '🦀'.repeat(1_024) });
  });

  it('that moves is taken as its still', () => {
    expect(parse('live-photo')).toMatchObject({ attachments: [PHOTO] });
  });
});

describe('an album', () => {
  it('is known by the id that its messages share', () => {
    const albumId = '13000000000000001';
    expect(parse('album-first')).toMatchObject({
      albumId,
      text: 'Three of them',
      attachments: [{ fileId: 'file-4' }],
    });
    expect(parse('album-second')).toMatchObject({
      albumId,
      text: '',
      attachments: [{ fileId: 'file-6' }],
    });
    expect(parse('album-document')).toMatchObject({
      albumId: '13000000000000002',
      attachments: [{ kind: 'file', name: 'a.pdf' }],
    });
  });
});

describe('a document', () => {
  it('is a file', () => {
    expect(parse('document')).toMatchObject({
      text: '',
      attachments: [
        {
          kind: 'file',
          fileId: 'file-1',
          name: 'notes.txt',
          mimeType: 'text/plain',
          sizeBytes: 12,
          durationMs: null,
          isQuoted: false,
        },
      ],
    });
  });

  it('is an image when it is called one', () => {
    expect(parse('image-document')).toMatchObject({
      text: 'In full',
      attachments: [{ kind: 'image', name: 'Screenshot.PNG', mimeType: 'image/png' }],
    });
  });

  it('keeps its name as it came, marks that turn the direction of the text and all', () => {
    expect(parse('document-right-to-left')).toMatchObject({
      attachments: [{ kind: 'file', name: 'report\u202efdp.exe\u200f' }],
    });
  });
});

describe('what moves or sounds', () => {
  it.each([
    ['animation', 'file', 'cat.mp4', 2_000],
    ['video', 'file', 'clip.mp4', 12_000],
    ['voice', 'speech', null, 3_000],
    ['audio', 'speech', 'memo.m4a', 185_000],
    ['video-note', 'speech', null, 7_000],
  ])('%s is one attachment, a %s', (fixture, kind, name, durationMs) => {
    expect(parse(fixture)).toMatchObject({
      kind: 'message',
      attachments: [{ kind, fileId: 'file-1', name, durationMs }],
    });
  });
});

describe('odd shapes', () => {
  it('of a photo do not cost the caption, and are told', () => {
    expect(parse('odd-photo')).toMatchObject({
      kind: 'message',
      text: 'What is this?\n\n(With a photo that cannot be read.)',
      attachments: [],
    });
    expect(parse('paid-media')).toMatchObject({
      text: 'Look\n\n(With paid media that cannot be read.)',
    });
  });

  it('of one size of a photo leave the others', () => {
    expect(parse('odd-photo-size')).toMatchObject({
      text: 'What is this?',
      attachments: [{ ...NOTHING_TOLD, kind: 'image', fileId: 'file-1' }],
    });
  });

  it('of what is told of a file do not cost the file', () => {
    expect(parse('odd-caption')).toMatchObject({
      text: '',
      attachments: [{ ...NOTHING_TOLD, kind: 'file', fileId: 'file-1' }],
    });
  });
});
