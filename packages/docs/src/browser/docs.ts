// Runs on every page between menu and content, so that a browser can show the menu while it reads a long page.
import { copyOnClick } from './copy.ts';
import { setUpMenu } from './menu.ts';
import { setUpSearch } from './search.ts';

setUpSearch();
copyOnClick();
document.addEventListener('DOMContentLoaded', setUpMenu);
