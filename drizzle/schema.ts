export { audit } from './audit.ts';
export { boots } from './boots.ts';
export { conversations } from './conversations.ts';
export { deliveries } from './deliveries.ts';
export { messages } from './messages.ts';
export { toolUses } from './tool-uses.ts';
export { turns } from './turns.ts';
export { updates } from './updates.ts';
