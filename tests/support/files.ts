import { png } from '../mcp/images.ts';

export { png };

/** Where a PNG's first chunk has what it says of its size: https://www.w3.org/TR/png-3/#11IHDR */
const PNG_WIDTH_AT = 16;
const PNG_HEIGHT_AT = 20;

/** A PNG of a few bytes that claims to be as large as this: it would take gigabytes to open. */
export function pngThatClaims(width: number, height: number): Buffer {
  const content = png(1, 1);
  content.writeUInt32BE(width, PNG_WIDTH_AT);
  content.writeUInt32BE(height, PNG_HEIGHT_AT);
  return content;
}

/** A white JPEG of one pixel. */
export function jpeg(): Buffer {
  return Buffer.from(
    `/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP${'/'.repeat(86)}wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=`,
    'base64',
  );
}

/** A GIF of one pixel. */
export function gif(): Buffer {
  return Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
}

/** A WebP of one pixel. */
export function webp(): Buffer {
  return Buffer.from('UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=', 'base64');
}

/** A PDF of one page with a line on it: https://opensource.adobe.com/dc-acrobat-sdk-docs/pdfstandards/PDF32000_2008.pdf */
export function pdf(line: string): Buffer {
  const drawn = `BT /F1 24 Tf 72 700 Td (${line.replaceAll(/[\\()]/gu, String.raw`\$&`)}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${drawn.length} >>\nstream\n${drawn}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ].map((content, index) => `${index + 1} 0 obj\n${content}\nendobj\n`);
  const head = '%PDF-1.4\n';
  const offsets = objects.map((_, index) => head.length + objects.slice(0, index).join('').length);
  const body = head + objects.join('');
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`);
  return Buffer.from(
    `${body}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table.join('')}` +
      `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`,
    'latin1',
  );
}

/** The first page of an Ogg stream with Opus in it, and no sound: https://www.rfc-editor.org/rfc/rfc7845#section-3 */
export function ogg(): Buffer {
  const head = Buffer.from(
    'OpusHead\u0001\u0001\u0000\u0000\u0080\u00bb\u0000\u0000\u0000\u0000\u0000',
    'latin1',
  );
  const page = Buffer.alloc(28);
  page.write('OggS', 'latin1');
  // The beginning of the stream; one segment.
  page.writeUInt8(2, 5);
  page.writeUInt8(1, 26);
  page.writeUInt8(head.byteLength, 27);
  return Buffer.concat([page, head]);
}

/** How an MP4 begins. */
export function mp4(): Buffer {
  return Buffer.from('\u0000\u0000\u0000\u0018ftypisom\u0000\u0000\u0002\u0000isomiso2', 'latin1');
}
