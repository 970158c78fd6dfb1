/**
 * The same stream for as long as something holds, which is asked before each piece; then it ends. So a stream
 * of patches ends with its next beat at the latest. Takes no piece before it is asked for one.
 */
export function whileOpen(
  stream: ReadableStream<Uint8Array>,
  isOpen: () => boolean,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        if (isOpen()) return controller.enqueue(value);
        await reader.cancel();
        return controller.close();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
