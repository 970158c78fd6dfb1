import type { Clock } from '../core/clock.ts';
import { escapeMarkdown, excerpt, momentOf } from '../core/format.ts';
import type { RecalledMemory } from '../core/memory.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import { confidenceLeft } from '../memory/confidence.ts';
import { memoriesMeant, type TextFinder } from '../memory/find.ts';
import type { Recall } from '../memory/recall.ts';
import type { MemoryStore } from '../memory/store.ts';
import { daysAgo, kindCounts, listedMemory, originLine, percent } from '../memory/telling.ts';
import type { Access } from '../policy/access.ts';
import { type Command, notAllowed } from './command.ts';

/** What is said where the whole memory is turned off. */
export const TURNED_OFF =
  'My memory is turned off in the settings of this machine (`MEMORY_ENABLED`).';

const RECALLED_LENGTH = 250;
const FOUND_LENGTH = 200;
const FOUND_COUNT = 8;
const WORDS_LENGTH = 60;

const KNOWN = [
  '- `/memory`: what I know, and what I was reminded of for the last answer',
  '- `/memory search WORDS`: looks for something',
  '- `/memory off` and `/memory on`: whether I recall and learn in this conversation',
  '- `/remember TEXT`: tells me something',
  '- `/forget WORDS`: makes me forget something',
].join('\n');

interface Memories {
  readonly store: MemoryStore;
  readonly recall: Recall;
}

/** `/memory`: what the last answer was reminded of and why, the search, and the switch of a conversation. */
export function memoryCommand(
  memory: Memories | null,
  findText: TextFinder,
  conversations: ConversationStore,
  clock: Clock,
  access: Pick<Access, 'may'>,
): Command {
  return {
    name: 'memory',
    needs: 'look' as const,
    description: 'What I remember and was reminded of; “search WORDS”, “off”, “on”',
    run: ({ sender, conversation }, args) => {
      const { id, destination } = conversation;
      if (memory === null) return { markdown: TURNED_OFF };
      const [verb = '', words = ''] = splitOnce(args.trim());
      switch (verb.toLowerCase()) {
        case '':
          return {
            markdown: overview(memory.store, {
              scope: destination,
              isOn: conversations.hasMemory(id),
              last: memory.recall.last(id),
              nowMs: clock.now(),
            }),
          };
        case 'search':
          return {
            markdown: search(memory, findText, { scope: destination, words, nowMs: clock.now() }),
          };
        case 'off':
        case 'on':
          if (words !== '') break;
          if (!access.may(sender, conversation, 'choose')) {
            return notAllowed(`/memory ${verb.toLowerCase()}`);
          }
          conversations.chooseMemory(id, verb.toLowerCase() === 'on');
          return {
            markdown: verb.toLowerCase() === 'on' ? SWITCHED_ON : SWITCHED_OFF,
            details: { chosen: verb.toLowerCase() },
          };
      }
      return { markdown: `I know these here:\n\n${KNOWN}` };
    },
  };
}

const CORRECTING =
  'Is something wrong? `/forget WORDS` takes it away, and `/remember TEXT` tells me what is right.';
const SWITCHED_ON =
  '🧠 My memory is on in this conversation: I recall what I know, and learn from what you say from now on.';
const SWITCHED_OFF =
  '🧠 My memory is off in this conversation: I recall nothing and learn nothing here. Nothing was deleted; /memory on brings it back.';

function splitOnce(text: string): readonly string[] {
  const [verb = ''] = text.split(/\s/u, 1);
  return [verb, text.slice(verb.length).trim()];
}

function overview(
  store: MemoryStore,
  chat: {
    readonly scope: string;
    readonly isOn: boolean;
    readonly last: ReturnType<Recall['last']>;
    readonly nowMs: number;
  },
): string {
  const { isOn, nowMs } = chat;
  const known = kindCounts(store.counts(chat.scope).liveByKind);
  const what = known === '' ? 'I remember nothing of this chat yet.' : `I remember ${known}.`;
  const turn = isOn
    ? '`/memory off` turns my memory off here.'
    : '`/memory on` turns my memory on here.';
  return [
    `🧠 ${what} My memory is **${isOn ? 'on' : 'off'}** in this conversation.`,
    ...lastRecall(store, chat.last, nowMs),
    ...(known === ''
      ? [`\`/remember TEXT\` tells me something, ${turn}`]
      : [
          isOn ? `${CORRECTING} Or just say what is wrong.` : CORRECTING,
          `\`/memory search WORDS\` looks for more, ${turn}`,
        ]),
  ].join('\n\n');
}

function lastRecall(
  store: MemoryStore,
  last: ReturnType<Recall['last']>,
  nowMs: number,
): readonly string[] {
  if (last === null) return [];
  const which = `the last answer (${momentOf(last.startedAtMs, nowMs)})`;
  if (last.recalled.length === 0) return [`Nothing that I still know came to mind for ${which}.`];
  const { startedAtMs } = last;
  return [
    `For ${which} I was reminded of this, the likeliest to matter first:`,
    ...last.recalled.map((recalled, index) => {
      const { memory, confidence } = recalled;
      const shown = { number: index + 1, length: RECALLED_LENGTH, confidence, nowMs };
      const origin = originLine(memory, store.sources(memory.id), nowMs);
      return [
        listedMemory(memory, shown),
        ...(origin === null ? [] : [escapeMarkdown(origin)]),
        `Why: ${escapeMarkdown(why(recalled, startedAtMs, nowMs))}`,
      ].join('\n');
    }),
  ];
}

/** Why it came to mind at that time: what it shares with the message, and how often it was used before. */
function why(
  { memory, similarity, foundBy }: RecalledMemory,
  startedAtMs: number,
  nowMs: number,
): string {
  const shared = {
    meaning: 'close in meaning to your message',
    words: 'shares words with your message',
    both: 'close to your message in meaning and in words',
  }[foundBy];
  const likeness = `${shared} (fits ${percent(similarity)})`;
  // That it was made counts as the first access.
  const sinceCount = memory.recentAccessesMs.filter((atMs) => atMs >= startedAtMs).length;
  const usedCount = memory.accessCount - 1 - sinceCount;
  if (usedCount <= 0) return `${likeness}; not used before`;
  const before = memory.recentAccessesMs.find((atMs) => atMs < startedAtMs);
  const times = usedCount === 1 ? 'once' : `${usedCount} times`;
  const last = before === undefined ? '' : `, last ${daysAgo(before, nowMs)}`;
  return `${likeness}; used ${times} before${last}`;
}

function search(
  memory: Memories,
  findText: TextFinder,
  {
    scope,
    words,
    nowMs,
  }: { readonly scope: string; readonly words: string; readonly nowMs: number },
): string {
  if (words === '') {
    return 'Tell me what to look for, such as `/memory search staging deploy`.';
  }
  const looked = escapeMarkdown(excerpt(words, WORDS_LENGTH));
  const found = memoriesMeant(memory, findText, words, { scope, isWhole: false });
  if (found.length === 0) {
    return `I remember nothing with the words “${looked}”. Fewer or other words may find it.`;
  }
  return [
    `🧠 What I remember about “${looked}”:`,
    ...found.slice(0, FOUND_COUNT).map((one, index) => {
      const confidence = confidenceLeft(one, nowMs);
      return listedMemory(one, { number: index + 1, length: FOUND_LENGTH, confidence, nowMs });
    }),
    'Is something of it wrong? `/forget` with the same words takes it away, and `/remember TEXT` tells me what is right.',
  ].join('\n\n');
}
