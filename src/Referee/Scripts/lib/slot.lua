--- Puts one piece of evidence into its slot (src/Referee/Records/EvidenceField.cs is the same layout).
--- Always: a lower tier never replaces a higher one about the same subject; the field begins with the SHA-1 of all that follows,
--- so that a promotion has the digest of the evidence for the chain without hashing it.
local function put_slot(field, slot, slots, head, at, tail, tier, subject)
  local all = field and { cmsgpack.unpack(field) } or { '' }
  for i = #all + 1, slots + 1 do
    all[i] = ''
  end
  if all[slot + 1] ~= '' then
    local _, _, _, _, tier_there, subject_there = cmsgpack.unpack(all[slot + 1])
    if tier_there > tier and subject_there == subject then
      return nil, { 'TIER', 'tier', 'at least ' .. tier_there, tostring(tier) }
    end
  end
  all[slot + 1] = head .. cmsgpack.pack(at) .. tail
  local body = cmsgpack.pack(unpack(all, 2, slots + 1))
  return cmsgpack.pack(redis.sha1hex(body)) .. body
end
