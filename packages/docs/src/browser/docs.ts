// Runs on every page, before its content: the colours must be right at once, and an old address must not flash.
import { setUpColours } from './colours.ts';
import { copyOnClick } from './copy.ts';
import { setUpMenu } from './menu.ts';
import { followOldAddress } from './old-addresses.ts';
import { setUpSearch } from './search.ts';

document.documentElement.classList.add('has-script');
setUpColours();
setUpSearch();
copyOnClick();
followOldAddress();
document.addEventListener('DOMContentLoaded', setUpMenu);
