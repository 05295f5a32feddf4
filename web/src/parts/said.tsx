import { printable } from '../../../src/platform/printable.ts'

/** Text that comes from a registry or another program. What would act on the page's text, such as a change of direction, is spelt out. */
export const Said = ({ text }: { text: string }) => <span class="said">{printable(text)}</span>
