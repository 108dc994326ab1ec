/** How the policy page looks: light, dark, narrow and on paper, with contrasts of at least 7 to 1. No font, no image. */
export const PALETTES = {
  light: { paper: '#fdfcf9', ink: '#1c1b22', quiet: '#4e4c5a', line: '#d9d5c9', link: '#1a3fae', note: '#f3eeda' },
  dark: { paper: '#16161c', ink: '#efeef4', quiet: '#bdbbcb', line: '#3b3a47', link: '#a9c1ff', note: '#2a2818' },
} as const;

const variables = (palette: Record<string, string>) =>
  Object.entries(palette)
    .map(([name, color]) => `--${name}:${color}`)
    .join(';');

export const POLICY_STYLE = `:root{color-scheme:light dark;${variables(PALETTES.light)}}
@media(prefers-color-scheme:dark){:root{${variables(PALETTES.dark)}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{font:1.0625rem/1.6 system-ui,sans-serif;margin:0;padding:clamp(1.25rem,5vw,4rem) clamp(1rem,5vw,2rem);
background:var(--paper);color:var(--ink);overflow-wrap:break-word}
main{max-width:42rem;margin:0 auto}
h1{font-size:clamp(1.75rem,6vw,2.5rem);line-height:1.15;margin:.25rem 0 .5rem;letter-spacing:-.015em}
h2{font-size:1.4rem;line-height:1.25;margin:3rem 0 .75rem}
h3{font-size:1.1rem;line-height:1.3;margin:2.25rem 0 .25rem;padding-top:1.25rem;border-top:1px solid var(--line)}
p{margin:0 0 1rem}ul{margin:.5rem 0 0;padding-left:1.2rem}li{margin:.2rem 0}
a{color:var(--link);text-underline-offset:.15em}
code{font:.8em/1.4 ui-monospace,monospace;color:var(--quiet);overflow-wrap:anywhere}
.quiet{color:var(--quiet)}
aside{background:var(--note);border-left:.3rem solid var(--link);padding:.9rem 1.1rem;margin:1.5rem 0}
aside p:last-child{margin:0}
table{border-collapse:collapse;width:100%;font-size:.95rem}
th,td{text-align:left;vertical-align:top;padding:.6rem .75rem .6rem 0;border-bottom:1px solid var(--line)}
@media(max-width:40rem){thead{position:absolute;left:-99rem}tr{display:block;border-bottom:1px solid var(--line);
padding:.75rem 0}th,td{display:block;border:0;padding:.1rem 0}}
@media print{:root{color-scheme:light;${variables({ ...PALETTES.light, paper: '#fff', note: '#fff' })}}
body{font-size:10.5pt;padding:0}main{max-width:none}h2,h3{break-after:avoid}li,tr,aside{break-inside:avoid}}`;
