const SECRET_NAMES = [
  /^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/iu,
  /\.(?:pem|key|p8|p12|pfx|ppk|jks|keystore|kdbx?|keytab|ovpn)$/iu,
];

/** A private key in the form of PEM, of OpenSSH or of OpenPGP: https://www.rfc-editor.org/rfc/rfc7468 */
const PRIVATE_KEY = /^\uFEFF?\s*-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/u;
/** {@link isSecret} looks at no more than this. */
export const SECRET_WITHIN_BYTES = 256;

/** Whether a file of this name usually holds a private key, or many secrets. */
export function isSecretName(name: string): boolean {
  return SECRET_NAMES.some((pattern) => pattern.test(name));
}

/** Whether a file begins as a private key does, whatever it is called. */
export function isSecret(content: Uint8Array): boolean {
  return PRIVATE_KEY.test(new TextDecoder().decode(content.subarray(0, SECRET_WITHIN_BYTES)));
}
