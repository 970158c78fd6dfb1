import { readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ModelRequest } from '../standins/model/request.ts';
import type { World } from './service.ts';

/** A file that a prompt names. */
export interface NamedInPrompt {
  readonly path: string;
  readonly description: string;
}

/** The files that a prompt names, in order. */
export function filesIn(request: ModelRequest): readonly NamedInPrompt[] {
  const tags = request.prompt.matchAll(/<claudio-file path="([^"]*)">([^<]*)<\/claudio-file>/gu);
  return [...tags].map(([, path = '', description = '']) => ({ path, description }));
}

/** The folder of the turn, as its prompt names it. */
export function folderIn(request: ModelRequest): string {
  const folder = /^The folder of this turn: (.+)$/mu.exec(request.prompt)?.[1];
  if (folder === undefined) throw new Error(`no folder in ${request.prompt}`);
  return folder;
}

/** Where turns have their folders. */
export function tempDirOf(world: World): string {
  return join(world.home, 'tmp');
}

/** What is below a folder, as paths. */
export function below(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
}

/** Resolves when nothing is left of any turn. To be called when there was something. */
export function tempEmpties(world: World): Promise<void> {
  const folder = tempDirOf(world);
  return new Promise((resolve) => {
    const look = () => {
      if (readdirSync(folder).length > 0) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(folder, look);
    onTestFinished(() => watcher.close());
    look();
  });
}
