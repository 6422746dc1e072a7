/* How much memory this process has in use, for soaks that watch it. */
#ifndef RSS_H
#define RSS_H

/** The resident set, in KB; 0: not known. */
unsigned long rss_kb(void);

#endif
