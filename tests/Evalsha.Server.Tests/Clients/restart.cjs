// How a program asks the test that started it to stop the server and to start it again on the same port, with the same data.
// Always: `restarting` resolves once the new server answers; meanwhile the clients of the program see their connections end.
const readline = require('readline');
const answers = readline.createInterface({ input: process.stdin });

exports.restarting = () => new Promise((resolve) => {
  answers.once('line', resolve);
  process.stdout.write('restart\n');
});
