// On every page of a signed-in person but the exam's: this browser keeps nothing of others and of ended tests.
import { forgetAll } from "./kept.js";
import { sweep } from "./offline.js";

sweep();
document.querySelector('form[action$="/sign-out"]')?.addEventListener("submit", forgetAll);
