import os

from openai import OpenAI

client = OpenAI(base_url="@base@/v1", api_key=os.environ["RUNSPACE_KEY"])

resp = client.chat.completions.create(
    model="@model@",
    messages=[{"role": "user", "content": "ship it"}],
)
print(resp.choices[0].message.content)
