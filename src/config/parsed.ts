/** What a file holds, or what is wrong with that, such as "holds no key"; a fault tells nothing secret. */
export type Parsed<Content> = { readonly content: Content } | { readonly fault: string }
