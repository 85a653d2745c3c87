/** Where programs are found: Debian keeps its servers in `/usr/sbin`, which the PATH of an ordinary user lacks. */
export const systemPath = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin`
