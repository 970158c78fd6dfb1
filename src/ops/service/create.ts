import type { Host } from '../../platform/host.ts';
import { createLaunchd } from './launchd.ts';
import type { ServiceManager } from './service-manager.ts';
import { createSystemd } from './systemd.ts';

export { serviceUnit } from './unit.ts';

/** The service manager of this machine, or `null` where Claudio knows none. */
export function createServiceManager(host: Host): ServiceManager | null {
  if (host.platform === 'darwin') return createLaunchd(host);
  if (host.platform === 'linux' && host.locate('systemctl') !== null) return createSystemd(host);
  return null;
}
