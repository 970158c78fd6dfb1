import { agentContract } from '../../contract/agent.ts';
import { aliveWith, openRig, sleepTag } from './rig.ts';

agentContract('Claude Code', async () => {
  const rig = await openRig();
  return {
    agent: rig.agent,
    request: (over) => rig.request(over),
    willAnswer: (text) => rig.model.answer(text),
    willRun: (command) => rig.model.useTool('Bash', { command }),
    willFail: () => rig.model.fail(403),
    willHang() {
      rig.model.answerWith(() => ({ kind: 'hang' }));
      return rig.model.nextRequest();
    },
    aliveWith,
    sleepTag,
    close: () => rig.close(),
  };
});
