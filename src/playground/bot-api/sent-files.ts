import type { State } from './state.ts';

/** A file that a person sends. What is left out is made up. */
export interface SentFile {
  /** What its link gives. */
  readonly content?: Buffer;
  /** What Telegram says of its size, where that is not the size of `content`. */
  readonly sizeBytes?: number;
  /** What getFile says of where it is: for the absolute paths of a local Bot API server. */
  readonly path?: string;
}

/** A file with the name and the type that its sender's program gives it. */
export interface NamedFile extends SentFile {
  readonly fileName?: string;
  readonly mimeType?: string;
}

/** Something that sounds. */
export interface SentRecording extends NamedFile {
  readonly durationSeconds?: number;
}

/** What stands in a message for a file, by the kinds of the Bot API. Each gets an id of its own. */
export interface SentFiles {
  /** Three sizes, the smallest first; only the largest gives `content`. */
  photo(file: SentFile): Record<string, unknown>;
  document(file: NamedFile): Record<string, unknown>;
  voice(file: SentRecording): Record<string, unknown>;
  audio(file: SentRecording): Record<string, unknown>;
  videoNote(file: SentRecording): Record<string, unknown>;
  video(file: SentRecording): Record<string, unknown>;
}

const DEFAULT_DURATION_SECONDS = 3;
const SIDES = [90, 320, 1_280] as const;

export function createSentFiles(state: State): SentFiles {
  /** Keeps a file where the file methods find it; gives the fields that all kinds have. */
  const keep = (
    folder: string,
    ending: string,
    file: Required<Pick<NamedFile, 'fileName' | 'mimeType'>> & SentFile,
  ): Record<string, unknown> => {
    const number = state.files.size + 1;
    const id = `${folder}-${number}`;
    const content = file.content ?? Buffer.from(`not a real file: ${id}`);
    state.files.set(id, {
      fileName: file.fileName,
      mimeType: file.mimeType,
      content,
      path: file.path ?? `${folder}/file_${number}${ending}`,
      ...(file.sizeBytes === undefined ? {} : { sizeBytes: file.sizeBytes }),
    });
    return {
      file_id: id,
      file_unique_id: `unique-${id}`,
      file_size: file.sizeBytes ?? content.byteLength,
    };
  };

  const recording = (
    folder: string,
    ending: string,
    mimeType: string,
    file: SentRecording,
  ): Record<string, unknown> => {
    const type = file.mimeType ?? mimeType;
    const fileName = file.fileName ?? `${folder}${ending}`;
    return {
      duration: file.durationSeconds ?? DEFAULT_DURATION_SECONDS,
      mime_type: type,
      ...(file.fileName === undefined ? {} : { file_name: file.fileName }),
      ...keep(folder, ending, { ...file, fileName, mimeType: type }),
    };
  };

  return {
    photo: (file) => ({
      photo: SIDES.map((side, index) => ({
        ...keep('photos', '.jpg', {
          fileName: 'photo.jpg',
          mimeType: 'image/jpeg',
          ...(index === SIDES.length - 1 ? file : {}),
        }),
        width: side,
        height: side,
      })),
    }),
    document: ({ fileName = 'file.bin', mimeType = 'application/octet-stream', ...file }) => ({
      document: {
        file_name: fileName,
        mime_type: mimeType,
        ...keep('documents', /\.\w+$/.exec(fileName)?.[0] ?? '', { ...file, fileName, mimeType }),
      },
    }),
    voice: (file) => ({ voice: recording('voice', '.oga', 'audio/ogg', file) }),
    audio: (file) => ({ audio: recording('music', '.mp3', 'audio/mpeg', file) }),
    videoNote(file) {
      const { mime_type: _, ...note } = recording('video_notes', '.mp4', 'video/mp4', file);
      return { video_note: { ...note, length: 240 } };
    },
    video: (file) => ({
      video: { ...recording('videos', '.mp4', 'video/mp4', file), width: 640, height: 480 },
    }),
  };
}
