/** 144 × 128,000 bit/s ÷ 44,100 Hz, rounded down. */
const FRAME_BYTES = 417;

/**
 * A real MP3 of silence: frames of MPEG-1 layer III, 128 kbit/s, 44.1 kHz, 26 ms each.
 *
 * Source: ISO/IEC 11172-3, 2.4.1.3 (header); without any bits of sound it is silent.
 */
export function silence(frameCount = 4): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES);
  frame.set([0xff, 0xfb, 0x90, 0xc4]);
  return Buffer.concat(Array.from({ length: frameCount }, () => frame));
}
