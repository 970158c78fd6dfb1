import type { OutgoingFile, Part, Reply } from '../../core/channel.ts';
import { ALBUM_LIMIT_COUNT, type FilesPart } from './part.ts';
import { renderCaption } from './render/message.ts';
import { renderReply } from './render/reply.ts';
import { isBetterRich } from './render/rich.ts';
import { messageIdOf } from './target.ts';

/** What carries the buttons behind an album, which cannot. */
const BELOW_ALBUM = 'For the files above:';
const NO_NAME = 'file';

const MEDIA = { photo: 'photo', file: 'document', voice: 'voice' } as const;

/** Files of one kind that stand next to each other, as few and as even albums as there can be. */
function albumsOf(files: readonly OutgoingFile[]): (readonly OutgoingFile[])[] {
  const runs: OutgoingFile[][] = [];
  for (const file of files) {
    const run = runs.at(-1);
    if (run?.[0]?.kind === file.kind && file.kind !== 'voice') run.push(file);
    else runs.push([file]);
  }
  return runs.flatMap((run) => {
    const albumCount = Math.ceil(run.length / ALBUM_LIMIT_COUNT);
    const size = Math.ceil(run.length / albumCount);
    return Array.from({ length: albumCount }, (_, index) =>
      run.slice(index * size, (index + 1) * size),
    );
  });
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
function contentsOf(reply: Reply, richMessages: boolean): Part[] {
  const files = reply.files ?? [];
  if (files.length === 0) return textsOf(reply.markdown, richMessages);
  const caption = renderCaption(reply.markdown);
  const albums = albumsOf(files).map((album, index) => ({
    kind: 'files' satisfies FilesPart['kind'],
    media: MEDIA[album[0]?.kind ?? 'file'],
    files: album.map(({ path, name }) => ({ path, name: name === '' ? NO_NAME : name })),
    ...((index === 0 ? caption : null) ?? { text: '', entities: [] }),
  }));
  const before = caption === null ? textsOf(reply.markdown, false) : [];
  const behind: Part[] =
    reply.buttons.length > 0 && (albums.at(-1)?.files.length ?? 0) > 1
      ? [{ kind: 'text', text: BELOW_ALBUM, entities: [] }]
      : [];
  return [...before, ...albums, ...behind];
}

/** Gives a reply the form of `part.ts`. Pure: whether the files are what they say shows when they go. */
export function composeReply(reply: Reply, richMessages: boolean): readonly Part[] {
  const contents = contentsOf(reply, richMessages);
  return contents.map((content, index) => ({
    ...content,
    replyTo: index === 0 && reply.replyTo !== null ? messageIdOf(reply.replyTo) : null,
    buttons: index === contents.length - 1 ? reply.buttons : [],
  }));
}
