import { showFault } from '../../pages/client/fault.ts';

/** The first that a browser can record is taken: the first is what Telegram's own apps send. */
const TYPES = ['audio/ogg;codecs=opus', 'audio/webm;codecs=opus', 'audio/mp4'];
const SECOND_MS = 1000;
const SECONDS_PER_MINUTE = 60;

interface Recording {
  readonly sound: Blob;
  readonly durationMs: number;
}

/** Where a voice note is, and what the two buttons do there. */
interface Phase {
  /** What stands on the button that records; `null`: as on the page. */
  readonly words: string | null;
  readonly press?: () => void;
  readonly discard?: () => void;
  /** The page is left: the microphone is let go of. */
  readonly leave?: () => void;
}

/** Lets a voice note be recorded, and hands it to `send`. What was not taken is kept. */
export function offerRecording(
  send: (recording: Blob, durationMs: number) => Promise<boolean>,
): void {
  const record = document.querySelector<HTMLButtonElement>('#record');
  const discard = document.querySelector<HTMLButtonElement>('#discard');
  if (record === null || discard === null) return;
  const onPage = record.innerHTML;
  let phase: Phase;

  const enter = (next: Phase): void => {
    phase = next;
    if (next.words === null) record.innerHTML = onPage;
    else record.textContent = next.words;
    record.setAttribute('aria-pressed', next.words === null ? 'false' : 'true');
    const hadFocus = document.activeElement === discard;
    discard.hidden = next.discard === undefined;
    if (hadFocus && discard.hidden) record.focus();
  };

  const idle = (): void => enter({ words: null, press: () => void open() });

  const open = async (): Promise<void> => {
    const opening: Phase = { words: 'Asking for the microphone …', discard: idle, leave: idle };
    enter(opening);
    const stream = await openMicrophone(() => phase === opening);
    if (phase !== opening) {
      if (stream !== null) letGo(stream);
    } else if (stream === null) idle();
    else listen(stream);
  };

  const listen = (stream: MediaStream): void => {
    const recorder = recorderOf(stream);
    if (recorder === null) {
      letGo(stream);
      idle();
      return;
    }
    const pieces: Blob[] = [];
    const startedAtMs = performance.now();
    // It also ends by itself, where the microphone is pulled out.
    let then: (recording: Recording) => void = keep;
    const end = (what: typeof then): void => {
      then = what;
      clearInterval(timer);
      enter({ words: 'One moment …' });
      recorder.stop();
      letGo(stream);
    };
    const show = (): void =>
      enter({
        words: `Send ${clockOf(performance.now() - startedAtMs)}`,
        press: () => end((recording) => void deliver(recording)),
        discard: () => end(idle),
        leave: () => end(keep),
      });
    const timer = setInterval(show, SECOND_MS);
    recorder.addEventListener('dataavailable', ({ data }) => pieces.push(data));
    recorder.addEventListener('stop', () => {
      clearInterval(timer);
      letGo(stream);
      const sound = new Blob(pieces, { type: recorder.mimeType });
      then({ sound, durationMs: performance.now() - startedAtMs });
    });
    show();
  };

  const keep = (recording: Recording): void =>
    enter({
      words: `Send ${clockOf(recording.durationMs)}`,
      press: () => void deliver(recording),
      discard: () => {
        showFault(null);
        idle();
      },
    });

  const deliver = async (recording: Recording): Promise<void> => {
    enter({ words: 'Sending …' });
    if (await send(recording.sound, recording.durationMs)) idle();
    else keep(recording);
  };

  idle();
  record.hidden = false;
  record.addEventListener('click', () => phase.press?.());
  discard.addEventListener('click', () => phase.discard?.());
  addEventListener('pagehide', () => phase.leave?.());
}

function letGo(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** `null` where there is none to be had; why stands on the page then, if it is still wanted. */
async function openMicrophone(isWanted: () => boolean): Promise<MediaStream | null> {
  try {
    if (typeof MediaRecorder === 'undefined') throw new Error('no recorder');
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    if (isWanted()) showFault(null);
    return stream;
  } catch (thrown) {
    if (isWanted()) showFault(whyNot(thrown instanceof Error ? thrown.name : ''));
    return null;
  }
}

function recorderOf(stream: MediaStream): MediaRecorder | null {
  try {
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    const recorder = new MediaRecorder(stream, mimeType === undefined ? {} : { mimeType });
    recorder.start();
    return recorder;
  } catch {
    showFault(whyNot(''));
    return null;
  }
}

function whyNot(name: string): string {
  if (name === 'NotAllowedError') {
    return 'The microphone may not be used. Allow it for this page in your browser, and try again.';
  }
  return name === 'NotFoundError'
    ? 'There is no microphone here. Plug one in, and try again.'
    : 'This browser cannot record. Attach a recording as a file instead.';
}

function clockOf(durationMs: number): string {
  const seconds = Math.floor(durationMs / SECOND_MS);
  const rest = String(seconds % SECONDS_PER_MINUTE).padStart(2, '0');
  return `${Math.floor(seconds / SECONDS_PER_MINUTE)}:${rest}`;
}
