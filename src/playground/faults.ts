import { isSilent } from './bot-api/bot-api.ts';
import type { Behaviour, Fault, Matcher } from './bot-api/faults.ts';
import { QUEUE_SIZE } from './service-settings.ts';
import type { Stage } from './stage.ts';

/** Something that can go wrong, at the press of a button. */
export interface StageFault {
  /** For a form: letters and hyphens. */
  readonly id: string;
  /** What stands on the button. */
  readonly label: string;
  /** What happens, and what is to be seen then, in a sentence or two. */
  readonly description: string;
  /** Whether it is in force now. What happens once never is. */
  isOn(): boolean;
  /** Lets it happen. One that is in force is ended. Returns why it cannot be, in a sentence, or `null`. */
  run(): string | null;
}

const RETRY_AFTER_SECONDS = 3;
const LIMITED_CALL_COUNT = 3;
/** More than there is room for: one runs, and some are turned away. */
const FILL_COUNT = QUEUE_SIZE + 3;

/** What makes something appear in the chat and stay; not what only shows that somebody is at work. */
const SENDS: Matcher = {
  when: (call) => /^send(?!ChatAction|\w*Draft)/u.test(call.method) && !isSilent(call),
};

/** The faults that the playground offers, in the order of their buttons. */
export function createStageFaults(stage: Stage): readonly StageFault[] {
  const { api } = stage;
  const outages: Pick<Fault, 'lift'>[] = [];

  const outage = (
    told: Pick<StageFault, 'id' | 'label' | 'description'>,
    matcher: Matcher,
    behaviour: Behaviour,
    times?: number,
  ): StageFault => {
    let fault: Fault | null = null;
    const isOn = (): boolean => fault !== null && !fault.isOver;
    const lift = (): void => fault?.lift();
    outages.push({ lift });
    return {
      ...told,
      isOn,
      run: () => {
        if (isOn()) lift();
        else fault = api.fault(matcher, behaviour, times);
        return null;
      },
    };
  };
  const once = (
    told: Pick<StageFault, 'id' | 'label' | 'description'>,
    run: () => string | null,
    isOn = (): boolean => false,
  ): StageFault => ({ ...told, isOn, run });

  return [
    outage(
      {
        id: 'rate-limited',
        label: 'Telegram answers 429',
        description: `The next ${LIMITED_CALL_COUNT} messages to be sent are refused: retry after ${RETRY_AFTER_SECONDS} s. They arrive all the same, each once and in order, after the pauses.`,
      },
      SENDS,
      { kind: 'rate-limited', retryAfterSeconds: RETRY_AFTER_SECONDS },
      LIMITED_CALL_COUNT,
    ),
    outage(
      {
        id: 'bad-gateway',
        label: 'Telegram answers 502',
        description:
          'Every call fails until Telegram is back. Answers wait in the outbox, and are tried again after longer and longer pauses.',
      },
      {},
      { kind: 'html', status: 502 },
    ),
    outage(
      {
        id: 'silent',
        label: 'Telegram does not answer',
        description:
          'Every call hangs until Telegram is back. Messages are taken in and answered all the while; the answers wait in the outbox.',
      },
      {},
      { kind: 'hang', moment: 'never' },
    ),
    outage(
      {
        id: 'refuses-markup',
        label: 'Telegram refuses markup',
        description:
          'Every text with bold, code or links in it is refused until Telegram is back. It is sent again as plain text, so nothing is lost but its looks.',
      },
      {},
      { kind: 'refuse-markup' },
    ),
    once(
      {
        id: 'back',
        label: 'Telegram is back',
        description: 'Ends all of the above. What waited goes out.',
      },
      () => {
        for (const { lift } of outages) lift();
        return null;
      },
    ),
    once(
      {
        id: 'kill',
        label: 'kill -9 the service',
        description:
          'The service is gone at once, and started again a second later. What was acknowledged is still there; a turn that ran is not run again behind your back, but offered with Retry and Discard.',
      },
      () => {
        stage.kill();
        return null;
      },
      () => stage.service().state !== 'running',
    ),
    once(
      {
        id: 'same-update',
        label: 'Send the same update again',
        description:
          'The last update is delivered once more with the same number, as Telegram does when an acknowledgement was lost. It is acknowledged and nothing else: no second answer.',
      },
      () => {
        const last = api.queued.findLast(({ update }) =>
          api.deliveries.some(
            ({ updateId, status }) => updateId === update.update_id && status === 200,
          ),
        );
        if (last === undefined) {
          return 'No update has been acknowledged yet. Send a message first, then try again.';
        }
        void api.deliver(last.update);
        return null;
      },
    ),
    once(
      {
        id: 'fill-queue',
        label: 'Fill the queue',
        description: `${FILL_COUNT} messages at once, the first a slow one. ${QUEUE_SIZE} may wait; the others are told so at once, and none is dropped in silence.${costOf(stage)}`,
      },
      () => {
        void api.say(slowWords(stage));
        for (let count = 2; count <= FILL_COUNT; count += 1) {
          void api.say(`message ${count} of ${FILL_COUNT}`);
        }
        return null;
      },
    ),
  ];
}

/** What to know before the queue is filled. */
function costOf({ agent }: Stage): string {
  return agent.kind === 'echo'
    ? ''
    : ` Up to ${QUEUE_SIZE + 1} of them become real turns of Claude, on your account.`;
}

function slowWords({ agent }: Stage): string {
  return agent.kind === 'echo'
    ? 'slow'
    : 'Run `sleep 30` in a shell, and tell me when it is done. Do nothing else.';
}
