/** What a file holds, or what is wrong with it as the end of "a file that …"; a fault tells nothing secret. */
export type Parsed<Content> = { readonly content: Content } | { readonly fault: string }
