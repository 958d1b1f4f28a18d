// The sign-in has ended while the test runs: prove it again in the page, so that nothing is lost.
import { readPage } from "./server.js";

const dialog = document.getElementById("sign-in-again");
const form = dialog.querySelector("form");
const error = dialog.querySelector("[data-sign-in-error]");
const { username, password } = form.elements;

export function askToSignIn(base, signedIn) {
  const back = `${base}/clock`;
  const say = (text) => { error.textContent = text; };
  const done = () => { dialog.close(); signedIn(); };
  form.onsubmit = async (event) => {
    event.preventDefault();
    say("");
    try {
      const { page } = await readPage(form.action);
      const token = page.querySelector("form input[name=csrf_token]")?.value ?? "";
      const body = new URLSearchParams({ csrf_token: token, username: username.value, password: password.value, next: back });
      const answer = await readPage(form.action, { method: "POST", body });
      password.value = "";
      if (answer.path === back) done(); // or another person's: the next save says so
      else if (answer.path === new URL(form.action).pathname) say(answer.page.querySelector(".usa-error-message, .usa-alert--error .usa-alert__text")?.textContent.trim() ?? error.dataset.failed);
      else say(dialog.querySelector("[data-other-way]").firstChild.textContent.trim());
    } catch {
      say(error.dataset.failed);
    }
  };
  dialog.querySelector("[data-signed-in]").onclick = done;
  dialog.querySelector("[data-sign-in-later]").onclick = () => dialog.close();
  if (!dialog.open) dialog.showModal();
  username.focus();
}
