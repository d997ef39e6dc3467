-- What was taken for an order and given back: `money` of its record. Needs: the functions of orders.

local function addMoney(order, ...)
  order.money = order.money .. (order.money == '' and '' or ' ') .. table.concat({ ... }, '=')
end

-- Amount, currency and kind (a letter) of a payment, or nil.
local function paymentOf(order, paymentId)
  for id, amount, currency, kind in string.gmatch(' ' .. order.money, ' p=([^= ]+)=(%d+)=(%u+)=(%a)') do
    if id == paymentId then return tonumber(amount), currency, kind end
  end
end

-- Amount and status (a letter) of a refund, or nil; and of which payment.
local function refundOf(order, refundId)
  for id, paymentId, amount, status in string.gmatch(' ' .. order.money, ' r=([^= ]+)=([^= ]+)=(%d+)=(%a)') do
    if id == refundId then return tonumber(amount), status, paymentId end
  end
end

-- What was taken in a payment and is not given back or about to be.
local function leftOf(order, paymentId)
  local left = paymentOf(order, paymentId) or 0
  for id, amount, status in string.gmatch(' ' .. order.money, ' r=[^= ]+=([^= ]+)=(%d+)=(%a)') do
    if id == paymentId and status ~= 'f' then left = left - amount end
  end
  return left
end

local function jsonOfRefund(refundId, amount, currency)
  return '"refundId":"' .. refundId .. '","amount":' .. textOf(amount) .. ',"currency":"' .. currency .. '"'
end

-- Requests to give an amount of a payment back; returns the order's record.
local function requestRefund(sale, order, refund, context)
  addMoney(order, 'r', refund.id, refund.paymentId, textOf(refund.amount), 'r')
  return tellOrder(sale, order, 'refund.requested', context, '', '{'
    .. jsonOfRefund(refund.id, refund.amount, refund.currency)
    .. ',"paymentId":"' .. refund.paymentId .. '","reason":"' .. refund.reason .. '"}')
end
