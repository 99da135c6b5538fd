--- Puts one piece of evidence into its slot (src/Referee/Records/EvidenceField.cs is the same layout).
--- Always: a lower tier never replaces a higher one about the same subject.
local function put_slot(field, slot, slots, head, at, tail, tier, subject)
  local all = field and { cmsgpack.unpack(field) } or {}
  for i = #all + 1, slots do
    all[i] = ''
  end
  if all[slot] ~= '' then
    local _, _, _, _, tier_there, subject_there = cmsgpack.unpack(all[slot])
    if tier_there > tier and subject_there == subject then
      return nil, { 'TIER', 'tier', 'at least ' .. tier_there, tostring(tier) }
    end
  end
  all[slot] = head .. cmsgpack.pack(at) .. tail
  return cmsgpack.pack(unpack(all, 1, slots))
end
