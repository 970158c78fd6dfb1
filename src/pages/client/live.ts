// What every page runs.
import { keepTimesCurrent } from './times.ts';
import { sendQuietly } from './quiet.ts';
import { followStream } from './stream.ts';

const url = document.body.dataset['live'];
if (url !== undefined) followStream(url);
sendQuietly();
keepTimesCurrent();
