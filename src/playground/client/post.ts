import { showFault } from '../../pages/client/fault.ts';

const UNAUTHORIZED = 401;

/** Posts a form without leaving the page. Returns whether it was taken; why not stands on the page then. */
export async function post(url: string, body: FormData): Promise<boolean> {
  const sentence = await refusalOf(url, body);
  showFault(sentence);
  return sentence === null;
}

async function refusalOf(url: string, body: FormData): Promise<string | null> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      redirect: 'manual',
      headers: { accept: 'text/plain' },
    });
    // It shows the way in.
    if (response.status === UNAUTHORIZED) location.reload();
    return response.ok || response.type === 'opaqueredirect' ? null : await response.text();
  } catch {
    return 'The playground does not answer. What you wrote is still here: send it when it is back.';
  }
}
