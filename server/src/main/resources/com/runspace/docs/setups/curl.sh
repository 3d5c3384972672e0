curl @base@/v1/chat/completions \
  -H "Authorization: Bearer $RUNSPACE_KEY" \
  -d '{"model":"@model@","messages":[{"role":"user","content":"hi"}]}'
