import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { PAGE_STYLES } from '../../src/pages/styles.ts';

type Triple = readonly [number, number, number];

const COLOURS = new Map(
  [...PAGE_STYLES.matchAll(/--([\w-]+): light-dark\((#\w+), (#\w+)\)/gu)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }],
  ),
);
const MODES = ['light', 'dark'] as const;
const SERIES = [1, 2, 3, 4, 5, 6].map((number) => `series-${number}`);

/** Linear red, green and blue, from 0 to 1. */
function colour(name: string, mode: (typeof MODES)[number]): Triple {
  const hex = COLOURS.get(name)?.[mode].slice(1) ?? '';
  const full = hex.length === 3 ? hex.replaceAll(/./gu, '$&$&') : hex;
  const part = (at: number) => {
    const value = Number.parseInt(full.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [part(0), part(2), part(4)];
}

const luminance = ([red, green, blue]: Triple) => 0.2126 * red + 0.7152 * green + 0.0722 * blue;

/** Source: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(one: Triple, other: Triple): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

const GROUNDS = ['page', 'surface', 'sunk'];
const TEXTS: readonly (readonly [text: string, ground: string])[] = [
  ...['text', 'muted', 'accent', 'bad'].flatMap((text) =>
    GROUNDS.map((ground) => [text, ground] as const),
  ),
  ...['ok', 'warn', 'bad', 'busy'].map((kind) => [kind, `${kind}-back`] as const),
  ['on-accent', 'accent'],
];
const SHAPES: readonly (readonly [shape: string, ground: string])[] = [
  ...['edge', 'focus', ...SERIES].map((shape) => [shape, 'surface'] as const),
  ['edge', 'page'],
  ['focus', 'page'],
];

test.each(MODES)('every text can be read, and every shape be made out, when it is %s', (mode) => {
  const tooFaint = [
    ...TEXTS.map(([text, ground]) => ({ text, ground, least: 4.5 })),
    ...SHAPES.map(([text, ground]) => ({ text, ground, least: 3 })),
  ].filter(
    ({ text, ground, least }) => !(contrast(colour(text, mode), colour(ground, mode)) >= least),
  );
  expect(tooFaint).toEqual([]);
});

/** Source: Machado, Oliveira and Fernandes 2009, table 1, severity 1. */
const SIGHTS: Readonly<Record<string, readonly Triple[]>> = {
  'all colours': [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  'no red': [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  'no green': [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  'no blue': [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function root(value: number): number {
  return value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116;
}

/** CIELAB for D65. Source: https://en.wikipedia.org/wiki/CIELAB_color_space */
function lab([red, green, blue]: Triple): Triple {
  const x = root((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047);
  const y = root(luminance([red, green, blue]));
  const z = root((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function seen([red, green, blue]: Triple, sight: readonly Triple[]): Triple {
  const [r = 0, g = 0, b = 0] = sight.map(([fromRed, fromGreen, fromBlue]) =>
    Math.min(1, Math.max(0, fromRed * red + fromGreen * green + fromBlue * blue)),
  );
  return lab([r, g, b]);
}

test.each(MODES.flatMap((mode) => Object.keys(SIGHTS).map((sight) => [mode, sight] as const)))(
  'the lines of a chart are told apart, when it is %s, by who sees %s',
  (mode, sight) => {
    const points = SERIES.map((name) => seen(colour(name, mode), SIGHTS[sight] ?? []));
    const distances = points.flatMap((one, at) =>
      points
        .slice(at + 1)
        .map((other) => Math.hypot(...one.map((value, axis) => value - (other[axis] ?? 0)))),
    );
    expect(distances).toHaveLength(15);
    expect(Math.min(...distances)).toBeGreaterThan(20);
  },
);

test('the style loads nothing and is small', () => {
  expect(PAGE_STYLES).not.toMatch(/url\(|@import|https?:/u);
  expect(gzipSync(PAGE_STYLES).length).toBeLessThan(5 * 1024);
});

test('the braces of the style are in pairs, and every variable that is used is there', () => {
  expect(PAGE_STYLES.split('{').length).toBe(PAGE_STYLES.split('}').length);
  const there = new Set([...PAGE_STYLES.matchAll(/(--[\w-]+):/gu)].map(([, name]) => name));
  const used = [...PAGE_STYLES.matchAll(/var\((--[\w-]+)\)/gu)].map(([, name]) => name);
  expect(used.length).toBeGreaterThan(50);
  expect(used.filter((name) => !there.has(name))).toEqual([]);
});
