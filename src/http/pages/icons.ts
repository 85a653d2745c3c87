import { rawMarkup, type Html } from './html.js'

/** Decorations; screen readers pass over them. */
export const icons = {
  globe: draw(
    '<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c2.6 2.5 3.9 5.5 3.9 9s-1.3 6.5-3.9 9c-2.6-2.5-3.9-5.5-3.9-9S9.4 5.5 12 3"/>',
  ),
  key: draw(
    '<circle cx="8" cy="15" r="4.5"/><path d="m11.2 11.8 8.3-8.3m-3.6 3.6 2.8 2.8m-5.6 0 1.9 1.9"/>',
  ),
  alert: draw('<circle cx="12" cy="12" r="9"/><path d="M12 7.5v5.5m0 3.25v.05"/>'),
  barrier: draw('<circle cx="12" cy="12" r="9"/><path d="M7.5 12h9"/>'),
  clock: draw('<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.25 2"/>'),
  door: draw(
    '<path d="M14 4h3.5A1.5 1.5 0 0 1 19 5.5v13a1.5 1.5 0 0 1-1.5 1.5H14M10 16l-4-4 4-4m-4 4h9"/>',
  ),
  devices: draw(
    '<path d="M4.5 15.5v-9A1.5 1.5 0 0 1 6 5h12a1.5 1.5 0 0 1 1.5 1.5V9M2.5 18.5H12"/><rect x="15" y="11.5" width="6.5" height="8.5" rx="1.25"/>',
  ),
  check: draw('<circle cx="12" cy="12" r="9"/><path d="m8 12.3 2.7 2.7L16 9.5"/>'),
} as const

export type IconName = keyof typeof icons

function draw(shape: string): Html {
  return rawMarkup(
    `<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${shape}</svg>`,
  )
}
