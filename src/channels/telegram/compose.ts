import type { OutgoingFile, Part, Reply } from '../../core/channel.ts';
import { ALBUM_LIMIT_COUNT, type FilesPart } from './part.ts';
import { renderCaption } from './render/message.ts';
import { renderReply } from './render/reply.ts';
import { isBetterRich } from './render/rich.ts';
import { messageIdOf } from './target.ts';

/** What carries the buttons behind an album, which cannot. */
const BELOW_ALBUM = 'For the files above:';
const NO_NAME = 'file';
/** One call takes 50 MB, what goes around the files included. */
const ALBUM_LIMIT_BYTES = 45 * 1_024 * 1_024;

const MEDIA = { photo: 'photo', file: 'document', voice: 'voice' } as const;

/** What is to be sent, but for its place in the reply. */
type Content = Part & { readonly instead?: readonly Part[] };

/** Files of one kind that stand next to each other and go into one call. */
function runsOf(files: readonly OutgoingFile[]): OutgoingFile[][] {
  const runs: OutgoingFile[][] = [];
  let runBytes = 0;
  for (const file of files) {
    const run = runs.at(-1);
    const { kind, sizeBytes = 0 } = file;
    runBytes += sizeBytes;
    if (run?.[0]?.kind === kind && kind !== 'voice' && runBytes <= ALBUM_LIMIT_BYTES) {
      run.push(file);
    } else {
      runs.push([file]);
      runBytes = sizeBytes;
    }
  }
  return runs;
}

/** As few and as even albums as there can be. */
function albumsOf(files: readonly OutgoingFile[]): (readonly OutgoingFile[])[] {
  return runsOf(files).flatMap((run) => {
    const albumCount = Math.ceil(run.length / ALBUM_LIMIT_COUNT);
    const size = Math.ceil(run.length / albumCount);
    return Array.from({ length: albumCount }, (_, index) =>
      run.slice(index * size, (index + 1) * size),
    );
  });
}

/** The words of a recording, which are sent where it cannot be. */
function insteadOf([file]: readonly OutgoingFile[]): { instead?: readonly Part[] } {
  return file?.kind !== 'voice' || file.instead === undefined
    ? {}
    : { instead: textsOf(file.instead, false) };
}

function textsOf(markdown: string, mayBeRich: boolean): Part[] {
  const { texts, document } = renderReply(markdown);
  const rich = mayBeRich && texts.length === 1 && document === null && isBetterRich(markdown);
  const parts: Part[] = texts.map(({ text, entities }) => ({
    kind: 'text',
    text,
    entities,
    ...(rich ? { rich: markdown } : {}),
  }));
  if (document !== null) parts.push({ kind: 'document', ...document });
  return parts;
}

/** The text as the caption of the first file if it fits there, else before the files. */
function contentsOf(reply: Reply, richMessages: boolean): Content[] {
  const files = reply.files ?? [];
  if (files.length === 0) return textsOf(reply.markdown, richMessages);
  const caption = renderCaption(reply.markdown);
  const albums = albumsOf(files).map((album, index) => ({
    kind: 'files' satisfies FilesPart['kind'],
    media: MEDIA[album[0]?.kind ?? 'file'],
    files: album.map(({ path, name }) => ({ path, name: name === '' ? NO_NAME : name })),
    ...((index === 0 ? caption : null) ?? { text: '', entities: [] }),
    ...insteadOf(album),
  }));
  const before = caption === null ? textsOf(reply.markdown, false) : [];
  const behind: Part[] =
    reply.buttons.length > 0 && (albums.at(-1)?.files.length ?? 0) > 1
      ? [{ kind: 'text', text: BELOW_ALBUM, entities: [] }]
      : [];
  return [...before, ...albums, ...behind];
}

/** Lets the first answer the question, and puts the buttons below the last. */
function placed(
  contents: readonly Content[],
  replyTo: number | null,
  buttons: Reply['buttons'],
): Part[] {
  return contents.map(({ instead, ...content }, index) => {
    const around = {
      replyTo: index === 0 ? replyTo : null,
      buttons: index === contents.length - 1 ? buttons : [],
    };
    return {
      ...content,
      ...around,
      ...(instead === undefined
        ? {}
        : { instead: placed(instead, around.replyTo, around.buttons) }),
    };
  });
}

/** Gives a reply the form of `part.ts`. Pure: whether the files are what they say shows when they go. */
export function composeReply(reply: Reply, richMessages: boolean): readonly Part[] {
  const replyTo = reply.replyTo === null ? null : messageIdOf(reply.replyTo);
  return placed(contentsOf(reply, richMessages), replyTo, reply.buttons);
}
