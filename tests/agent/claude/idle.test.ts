import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createIdleTimer } from '../../../src/agent/claude/idle.ts';

const LIMIT_MS = 1000;

describe('the limit on silence', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('ends a run that shows no sign of life, once', () => {
    const onIdle = vi.fn();
    const idle = createIdleTimer(LIMIT_MS, () => false, onIdle);
    vi.advanceTimersByTime(999);
    idle.touch();
    vi.advanceTimersByTime(999);
    expect(onIdle).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10_000);
    expect(onIdle).toHaveBeenCalledTimes(1);
  });

  it('ends none while a person is waited for, and gives it all of the time again after that', () => {
    let isWaiting = true;
    const onIdle = vi.fn();
    createIdleTimer(LIMIT_MS, () => isWaiting, onIdle);
    vi.advanceTimersByTime(100 * LIMIT_MS);
    isWaiting = false;
    vi.advanceTimersByTime(999);
    expect(onIdle).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onIdle).toHaveBeenCalledTimes(1);
  });
});
