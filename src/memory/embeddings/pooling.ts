import { z } from 'zod';
import { ModelFault } from './model-files.ts';

/** How the vectors of a text's tokens become one. */
export type Pooling = 'mean' | 'cls';

/** `1_Pooling/config.json` of sentence-transformers: a flag a mode, or the name of one as it is now. */
const poolingSchema = z.object({
  pooling_mode: z.union([z.string(), z.array(z.string())]).optional(),
  pooling_mode_cls_token: z.boolean().optional(),
  pooling_mode_mean_tokens: z.boolean().optional(),
  pooling_mode_max_tokens: z.boolean().optional(),
  pooling_mode_mean_sqrt_len_tokens: z.boolean().optional(),
  pooling_mode_weightedmean_tokens: z.boolean().optional(),
  pooling_mode_lasttoken: z.boolean().optional(),
});

const FLAGS = {
  pooling_mode_cls_token: 'cls',
  pooling_mode_mean_tokens: 'mean',
  pooling_mode_max_tokens: 'max',
  pooling_mode_mean_sqrt_len_tokens: 'mean_sqrt_len_tokens',
  pooling_mode_weightedmean_tokens: 'weightedmean',
  pooling_mode_lasttoken: 'lasttoken',
} as const;

/**
 * Reads how a model pools.
 *
 * @throws ModelFault where it does so in a way that is not known here.
 */
export function poolingOf(config: unknown): Pooling {
  const parsed = poolingSchema.safeParse(config);
  if (!parsed.success) throw new ModelFault('1_Pooling/config.json makes no sense.');
  const { pooling_mode: named, ...flags } = parsed.data;
  const modes =
    named === undefined
      ? Object.entries(FLAGS).flatMap(([flag, mode]) =>
          flags[flag as keyof typeof flags] === true ? [mode] : [],
        )
      : [named].flat();
  const [mode, ...others] = modes;
  if (others.length === 0 && (mode === 'mean' || mode === 'cls')) return mode;
  throw new ModelFault(
    `The model pools its tokens by ${modes.join(' and ') || 'nothing'}; only mean and cls are known here.`,
  );
}

/**
 * Makes one vector of length 1 from those of the tokens of one text, all of which count: see the
 * `Pooling` and `Normalize` of https://sbert.net/docs/package_reference/sentence_transformer/models.html
 *
 * @param tokens One after another, `dimensionCount` numbers each.
 * @throws ModelFault where that gives no direction, as of numbers that are not finite.
 */
export function pool(tokens: Float32Array, dimensionCount: number, pooling: Pooling): Float32Array {
  const end = pooling === 'cls' ? dimensionCount : tokens.length;
  const sums = new Float64Array(dimensionCount);
  for (let at = 0; at < end; at += 1) {
    const dimension = at % dimensionCount;
    sums[dimension] = (sums[dimension] ?? 0) + (tokens[at] ?? 0);
  }
  // The mean has the direction of the sum.
  const length = Math.hypot(...sums);
  if (!Number.isFinite(length) || length === 0) {
    throw new ModelFault('The model gives numbers that are no direction.');
  }
  return Float32Array.from(sums, (sum) => sum / length);
}
