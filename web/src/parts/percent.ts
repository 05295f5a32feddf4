/** A share as people say it: `7 %`, `less than 1 %`. */
export const percent = (share: number): string =>
  share > 0 && share < 0.01 ? 'less than 1 %' : `${Math.round(share * 100).toLocaleString('en')} %`
