import type { Host } from '../host.ts';
import { childEnvironment } from './environment.ts';
import { launch } from './launch.ts';

/**
 * Opens a link in the person's browser, where there is one to be seen.
 *
 * @returns Whether that was tried.
 */
export function openBrowser(
  link: string,
  { platform, environment, locate }: Pick<Host, 'platform' | 'environment' | 'locate'>,
): boolean {
  const hasScreen =
    platform === 'darwin' || Boolean(environment['DISPLAY'] || environment['WAYLAND_DISPLAY']);
  const program = hasScreen ? locate(platform === 'darwin' ? 'open' : 'xdg-open') : null;
  if (program === null) return false;
  launch(program, [link], childEnvironment(environment, ['*'], {}));
  return true;
}
