const PLACEHOLDER = /(change|replace)[-_ ]?(me|this)|placeholder|^<.*>$|^\$\{\w+\}$|^your[-_ ]/i

/** Whether a secret only stands for one, as those of the example do. The key of a webhook is base64 after `whsec_`. */
export const isPlaceholder = (secret: string): boolean =>
  [secret, Buffer.from(secret.replace(/^whsec_/, ''), 'base64').toString()].some((text) =>
    PLACEHOLDER.test(text),
  )
