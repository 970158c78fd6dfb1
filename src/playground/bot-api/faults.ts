import type { Call } from './state.ts';

/** What goes wrong with a call. */
export type Behaviour =
  /** 429; null leaves out how long to wait. */
  | { readonly kind: 'rate-limited'; readonly retryAfterSeconds: number | null }
  /** An error of the Bot API: 500 "Internal Server Error", 403 "Forbidden: …". */
  | { readonly kind: 'error'; readonly status: number; readonly description: string }
  /** A gateway's page instead of an answer. */
  | { readonly kind: 'html'; readonly status: number }
  /** An answer with a body of so many bytes. */
  | { readonly kind: 'huge'; readonly bodyBytes: number }
  /** The connection breaks before the call took effect, or after it. */
  | { readonly kind: 'drop'; readonly moment: 'before' | 'after' }
  /** No answer, until the fault is lifted. `never`: the call takes no effect, and the connection breaks then. */
  | { readonly kind: 'hang'; readonly moment: 'before' | 'after' | 'never' }
  /** Half of what was to be answered, and no more until the fault is lifted. */
  | { readonly kind: 'stall' }
  /** 400 for every text that has entities or a parse_mode. */
  | { readonly kind: 'refuse-markup' }
  /** 400: the group has become a supergroup with another id. */
  | { readonly kind: 'moved'; readonly to: number }
  /** 403: the person blocked the bot. */
  | { readonly kind: 'blocked' };

/** Which calls it goes wrong with; all of what is given must fit. A download is a call of `file`. */
export interface Matcher {
  readonly method?: string | readonly string[];
  readonly chat?: number | string;
  readonly when?: (call: Call) => boolean;
}

/** A fault in force. */
export interface Fault {
  /** How many calls it has met. */
  readonly hitCount: number;
  /** Whether it meets no more calls. */
  readonly isOver: boolean;
  /** Ends it; calls that hang go on as if nothing had been. */
  lift(): void;
}

interface ActiveFault {
  readonly matcher: Matcher;
  readonly behaviour: Behaviour;
  remainingCount: number;
  hitCount: number;
  readonly lifted: PromiseWithResolvers<void>;
}

/** What a call meets. */
export interface MetFault {
  readonly behaviour: Behaviour;
  readonly lifted: Promise<void>;
}

/** The faults in force; the first that fits a call is the one that it meets. */
export interface Faults {
  add(matcher: Matcher, behaviour: Behaviour, times?: number): Fault;
  meet(call: Call): MetFault | null;
  liftAll(): void;
}

function fits({ method, chat, when }: Matcher, call: Call): boolean {
  const methods = method === undefined ? null : [method].flat();
  return (
    (methods === null || methods.includes(call.method)) &&
    (chat === undefined || String(chat) === call.chat) &&
    (when === undefined || when(call))
  );
}

function hasMarkup(call: Call): boolean {
  const entities = call.params['entities'] ?? call.params['caption_entities'];
  const count = Array.isArray(entities) ? entities.length : typeof entities === 'string' ? 1 : 0;
  return count > 0 || call.params['parse_mode'] !== undefined;
}

export function createFaults(): Faults {
  const active = new Set<ActiveFault>();
  const lift = (fault: ActiveFault): void => {
    active.delete(fault);
    fault.lifted.resolve();
  };
  return {
    add(matcher, behaviour, times = Number.POSITIVE_INFINITY) {
      const fault: ActiveFault = {
        matcher,
        behaviour,
        remainingCount: times,
        hitCount: 0,
        lifted: Promise.withResolvers(),
      };
      active.add(fault);
      return {
        get hitCount() {
          return fault.hitCount;
        },
        get isOver() {
          return fault.remainingCount <= 0 || !active.has(fault);
        },
        lift: () => lift(fault),
      };
    },
    meet(call) {
      for (const fault of active) {
        if (fault.remainingCount <= 0 || !fits(fault.matcher, call)) continue;
        if (fault.behaviour.kind === 'refuse-markup' && !hasMarkup(call)) continue;
        fault.hitCount += 1;
        fault.remainingCount -= 1;
        return { behaviour: fault.behaviour, lifted: fault.lifted.promise };
      }
      return null;
    },
    liftAll() {
      for (const fault of active) lift(fault);
    },
  };
}
