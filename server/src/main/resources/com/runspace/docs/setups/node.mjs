import OpenAI from "openai";

const client = new OpenAI({
  baseURL: "@base@/v1",
  apiKey: process.env.RUNSPACE_KEY,
});

const resp = await client.chat.completions.create({
  model: "@model@",
  messages: [{ role: "user", content: "ship it" }],
});
console.log(resp.choices[0].message.content);
