import type { Host } from '../platform/host.ts';
import { childEnvironment } from '../platform/process/environment.ts';
import { launch } from '../platform/process/launch.ts';

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
