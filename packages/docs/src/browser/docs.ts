// Runs on every page, before its content: the colours must be right at once.
const colourKey = 'redoc.colorMode';

// Set up in the next step.
document.documentElement.classList.add('has-script');
const stored = localStorage.getItem(colourKey);
document.documentElement.classList.add(
  stored ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'),
);
