const PLACEHOLDER =
  /(change|replace)[-_ ]?(me|this)|placeholder|^<.*>$|^\$\{\w+\}$|^your[-_ ]|^(x{3,}|\.{2,}|…)$/i

/** Whether a secret only stands for one, as those of the example do. The key of a webhook is base64 after `whsec_`. */
export const isPlaceholder = (secret: string): boolean =>
  [secret, keyOf(secret), Buffer.from(keyOf(secret), 'base64').toString()].some((text) =>
    PLACEHOLDER.test(text),
  )

const keyOf = (secret: string): string => secret.replace(/^whsec_/, '')
